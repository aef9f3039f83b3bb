import path from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { OfxError, systemCode } from '../core/errors.js';
import { checkSchema } from '../core/schema.js';
import { readText } from '../files/read-text.js';
import { writeFileAtomic } from '../files/write.js';
import type { SampleRecord } from './sample-record.js';

/** Where a run keeps its probability maps, below its folder. */
export const MAPS_FOLDER = 'maps';
export const MAPS_MANIFEST = 'manifest.json';
/** The records of all images, as the journal held them: what `--from` measures again. */
export const MAPS_RECORDS = '.records.ndjson';

export const MAP_FORMATS = ['float16', 'png16'] as const;
export type MapFormat = (typeof MAP_FORMATS)[number];
const MAP_ENDINGS: Record<MapFormat, string> = { float16: '.npy', png16: '.png' };

const Hash = (description: string) => Type.String({ description: `SHA-256 ${description}` });

const MapEntrySchema = Type.Object(
  {
    image: Type.String({ description: 'Path below the root of the data set' }),
    map: Type.String({ description: 'File of its probability map, relative to the manifest' }),
    sha256: Hash('of that file'),
    imageSha256: Hash('of the image’s file'),
    score: Type.Number({ minimum: 0, maximum: 1, description: 'After the temperature' }),
    rawScore: Type.Number({ minimum: 0, maximum: 1, description: 'Before the temperature' }),
    logits: Type.Record(Type.String(), Type.Number(), {
      description: 'Log-odds of each source of evidence alone',
    }),
  },
  { title: 'A map and its image' },
);
export type MapEntry = Static<typeof MapEntrySchema>;

export const MapManifestSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    format: Type.Union(
      MAP_FORMATS.map((format) => Type.Literal(format)),
      { description: 'float16: .npy of probabilities; png16: 65535 is probability 1' },
    ),
    model: Type.Object({
      name: Type.String(),
      version: Type.String(),
      sha256: Type.String(),
      inputSize: Type.Integer(),
      precision: Type.String(),
    }),
    maps: Type.Array(MapEntrySchema),
  },
  { $id: 'validation-maps', title: 'manifest.json of the maps that ofx validate --save-maps keeps' },
);
export type MapManifest = Static<typeof MapManifestSchema>;

/** The file of an image's map, relative to the folder of maps. Endings stay: names that differ in them alone are two images. */
export function mapFile(image: string, format: MapFormat): string {
  return `${image}${MAP_ENDINGS[format]}`;
}

/** Writes the manifest from the records of a run, one after the other. */
export async function writeManifest(
  folder: string,
  { format, model }: Pick<MapManifest, 'format' | 'model'>,
  records: AsyncIterable<SampleRecord>,
): Promise<void> {
  await writeFileAtomic(
    path.join(folder, MAPS_FOLDER, MAPS_MANIFEST),
    manifestText(JSON.stringify({ schemaVersion: 1, format, model }).slice(0, -1), records),
  );
}

async function* manifestText(head: string, records: AsyncIterable<SampleRecord>): AsyncGenerator<string> {
  yield `${head},"maps":[`;
  let separator = '\n';
  for await (const record of records) {
    if (record.kind === 'failed' || record.map === undefined) continue;
    const { image, score, rawScore, logits = {} } = record.evidence;
    const { file, sha256 } = record.map;
    const entry: MapEntry = {
      image,
      map: file,
      sha256,
      imageSha256: record.imageSha256,
      score,
      rawScore,
      logits,
    };
    yield separator + JSON.stringify(entry);
    separator = ',\n';
  }
  yield '\n]}\n';
}

/**
 * The manifest of a folder of maps, or of a run that has one.
 *
 * @returns with where its maps lie below the folder; undefined where the folder has none
 * @throws {OfxError} RESULT_INVALID
 */
export async function readManifest(folder: string): Promise<(MapManifest & { folder: string }) | undefined> {
  for (const below of ['', MAPS_FOLDER]) {
    const file = path.join(folder, below, MAPS_MANIFEST);
    let text: string;
    try {
      text = await readText(file);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) continue;
      throw new OfxError('INPUT_UNREADABLE', `${file} cannot be read.`, { cause: error });
    }
    let content: unknown;
    try {
      content = JSON.parse(text);
    } catch {
      content = undefined;
    }
    const checked = checkSchema(MapManifestSchema, content);
    if (checked.ok) return { ...checked.value, folder: below };
    // Many a program writes a manifest.json; ours names maps.
    if (typeof content === 'object' && content !== null && 'maps' in content)
      throw new OfxError(
        'RESULT_INVALID',
        `${file} is invalid: ${checked.complaints.slice(0, 3).join('; ')}.`,
        {
          suggestion: 'Run ofx validate --save-maps again.',
        },
      );
  }
  return undefined;
}
