import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Type, type Static } from '@sinclair/typebox';
import { OfxError, systemCode } from '../core/errors.js';
import { writeFileAtomic } from '../files/write.js';
import type { ImageEvidence } from '../metrics/evidence.js';
import { coarsenHistogram } from '../metrics/pixel-histogram.js';
import { RUN_FILES } from './files.js';
import { checkSchema } from '../core/schema.js';
import type { SampleRecord } from './sample-record.js';

/**
 * `evidence.ndjson`: what each image adds to the numbers of a run, so that two runs can be compared image by image. Behind a
 * line that says where counts were taken, a line of two kilobytes an image: pixels stand in coarse bins of their
 * probability, which is what resamples are made of.
 */
export const EvidenceHeaderSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    thresholds: Type.Array(Type.Number(), { description: 'Where pixels were counted, ascending' }),
  },
  { $id: 'validation-evidence', title: 'First line of evidence.ndjson', additionalProperties: true },
);

/** An image as two runs are paired by: the same name, label and contents. */
export interface PairedImage {
  imageSha256: string;
  maskSha256: string | null;
  /** Pixels in coarse bins. */
  evidence: ImageEvidence;
}

export interface RunEvidence {
  thresholds: number[];
  images: PairedImage[];
}

/** Writes the evidence of a run from the records of its journal, one after the other. */
export async function writeEvidence(
  folder: string,
  thresholds: readonly number[],
  records: AsyncIterable<SampleRecord>,
): Promise<void> {
  await writeFileAtomic(path.join(folder, RUN_FILES.evidence), lines(thresholds, records));
}

async function* lines(
  thresholds: readonly number[],
  records: AsyncIterable<SampleRecord>,
): AsyncGenerator<string> {
  const header: Static<typeof EvidenceHeaderSchema> = { schemaVersion: 1, thresholds: [...thresholds] };
  yield `${JSON.stringify(header)}\n`;
  for await (const record of records) {
    if (record.kind === 'failed') continue;
    const { evidence, imageSha256, maskSha256 } = record;
    const pixel = evidence.pixel && {
      ...evidence.pixel,
      histogram: Buffer.from(coarsenHistogram(evidence.pixel.histogram)).toString('base64'),
    };
    yield `${JSON.stringify({ imageSha256, maskSha256, evidence: { ...evidence, pixel } })}\n`;
  }
}

/** @throws {OfxError} RESULT_INVALID where the file is missing or is none */
export async function readEvidence(folder: string): Promise<RunEvidence> {
  const file = path.join(folder, RUN_FILES.evidence);
  let thresholds: number[] | undefined;
  const images: PairedImage[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      if (thresholds) images.push(decode(line));
      else thresholds = decodeHeader(line);
    }
  } catch (error) {
    const missing = systemCode(error) === 'ENOENT';
    throw new OfxError(
      'RESULT_INVALID',
      missing
        ? `${folder} has no ${RUN_FILES.evidence}, by which runs are paired.`
        : `${file} cannot be used: ${(error as Error).message}.`,
      { suggestion: 'Run ofx validate again to make the run again.', cause: error },
    );
  }
  return { thresholds: thresholds ?? [], images };
}

function decodeHeader(line: string): number[] {
  const checked = checkSchema(EvidenceHeaderSchema, JSON.parse(line));
  if (!checked.ok) throw new Error(checked.complaints.join('; '));
  return checked.value.thresholds;
}

function decode(line: string): PairedImage {
  const image = JSON.parse(line) as PairedImage;
  const { pixel } = image.evidence;
  if (!pixel) return image;
  const histogram = new Uint8Array(Buffer.from(pixel.histogram as unknown as string, 'base64'));
  return { ...image, evidence: { ...image.evidence, pixel: { ...pixel, histogram } } };
}
