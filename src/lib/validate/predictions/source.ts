import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../../core/errors.js';
import { findingOfOddity, Findings, type FindingCode } from '../../dataset/finding.js';
import type { Sample } from '../../dataset/sample.js';
import { readInput } from '../../files/read.js';
import { decodePicture } from '../../image/decode/index.js';
import { DEFAULT_LIMITS, onlyPicture, openImage } from '../../image/decode/samples.js';
import { foldedName } from '../../text/names.js';
import { readManifest, type MapEntry } from '../../run/maps.js';
import type { Look, LookOptions, MapSource, SourceIdentity } from '../map-source.js';
import { matchPredictions, mayBeMap, type Matches } from './match.js';
import { readPrediction } from './read-map.js';
import { readScores } from './scores.js';

/** What is known of an image's prediction before its file is read. */
type Entry = Partial<Pick<MapEntry, 'imageSha256' | 'sha256' | 'score' | 'rawScore' | 'logits'>> & {
  file: string;
};

const EXAMPLES = 3;

/**
 * Maps, masks and scores on disk, whoever made them. What they are worth is measured as a model's are; images are read for
 * their size, their hash and their panels.
 */
export class PredictionSource implements MapSource {
  readonly notes = [];
  readonly evidence = [];
  readonly fusion = undefined;

  private constructor(
    readonly identity: SourceIdentity,
    private readonly matches: Matches<Entry>,
    private readonly scores: Matches<number> | undefined,
    private readonly folder: string,
  ) {}

  /**
   * @param folder holds maps; of a run with `--save-maps`, its own folder or the one of its maps
   * @param scoresFile scores by image, instead of those that are in the maps' files
   * @throws {OfxError} INPUT_MISSING, DATASET_INVALID where no prediction belongs to any image, RESULT_INVALID
   */
  static async open(
    folder: string,
    samples: readonly Sample[],
    scoresFile: string | undefined,
  ): Promise<PredictionSource> {
    const manifest = await readManifest(folder);
    const place = manifest ? path.join(folder, manifest.folder) : folder;
    const entries = manifest
      ? new Map(manifest.maps.map((entry) => [entry.image, { ...entry, file: path.join(place, entry.map) }]))
      : await entriesIn(folder);
    const names = samples.map(({ name }) => name);
    const matches = manifest ? matchByName(names, entries) : matchPredictions(names, entries);
    if (matches.found.size === 0) throw noneFits(folder, samples, [...entries.keys()]);
    const scores = scoresFile === undefined ? undefined : await scoresOf(names, scoresFile, samples.length);
    return new PredictionSource(await identityOf(folder, manifest), matches, scores, folder);
  }

  titleOf(evidence: string): string {
    return evidence;
  }

  wayOf(): string {
    return '';
  }

  thresholds(): ReturnType<MapSource['thresholds']> {
    return Promise.resolve({ score: 0.5, mask: 0.5, temperature: 1 });
  }

  async look({ name, image: file }: Sample, { limits, change }: LookOptions): Promise<Look> {
    const bytes = await readInput(file, limits.maxBytes ?? DEFAULT_LIMITS.maxBytes);
    const decoded = await decodePicture(onlyPicture(await openImage(bytes, limits, 'The image')));
    if (change)
      throw new OfxError('USAGE', 'Predictions on disk cannot be made again of photos that are changed.');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const entry = this.#entryOf(name);
    if (entry.imageSha256 !== undefined && entry.imageSha256 !== sha256)
      throw new OfxError('RESULT_INVALID', `Its prediction ${entry.file} was made of another image.`, {
        suggestion: 'Give the data set that the predictions were made of.',
      });
    const findings: FindingCode[] = (decoded.oddities ?? []).map(findingOfOddity);
    const started = performance.now();
    const { map, score: ownScore, isDark } = await readPrediction(entry.file, limits);
    if (isDark) findings.push('dark-prediction');
    const { width, height } = decoded;
    if (map.width !== width || map.height !== height) {
      if (map.width !== map.height) throw otherSize(entry.file, map, decoded);
      findings.push('square-prediction');
    }
    const told = this.scores ? this.scores.found.get(name) : (entry.score ?? ownScore);
    if (told === undefined && this.scores)
      throw new OfxError('PREDICTION_MISSING', `There is no score of ${name}.`, {
        suggestion: 'Add it to the file given by --scores.',
      });
    if (told === undefined) findings.push('score-from-map');
    const score = told ?? highest(map.data);
    return {
      image: decoded,
      decoded: { width, height },
      sha256,
      score,
      rawScore: entry.rawScore ?? score,
      map,
      logits: entry.logits ?? {},
      strokes: [],
      ms: performance.now() - started,
      findings,
    };
  }

  findings(): ReturnType<MapSource['findings']> {
    const findings = new Findings();
    for (const file of this.matches.unmatched) findings.add('unmatched-prediction', file);
    for (const image of this.scores?.unmatched ?? []) findings.add('unmatched-prediction', image);
    return findings.list();
  }

  async close(): Promise<void> {
    // Nothing is held.
  }

  #entryOf(name: string): Entry {
    const entry = this.matches.found.get(name);
    if (entry) return entry;
    throw this.matches.ambiguous.has(name)
      ? new OfxError('PREDICTION_MISSING', `Several predictions in ${this.folder} may be that of ${name}.`, {
          suggestion: 'Lay predictions out in folders as the images are.',
        })
      : new OfxError('PREDICTION_MISSING', `There is no prediction of ${name} in ${this.folder}.`, {
          suggestion: 'It may be called as the image, with .png, .npy or .npz.',
        });
  }
}

/** Paths below a folder, with `/`. */
async function entriesIn(folder: string): Promise<Map<string, Entry>> {
  let names: string[];
  try {
    names = await readdir(folder, { recursive: true });
  } catch (error) {
    throw new OfxError('INPUT_MISSING', `There is no folder of predictions at ${folder}.`, { cause: error });
  }
  return new Map(
    names
      .map((name) => name.split(path.sep).join('/'))
      .filter(mayBeMap)
      .sort()
      .map((name) => [name, { file: path.join(folder, name) }]),
  );
}

/** A manifest says which image each map is of. */
function matchByName(images: readonly string[], entries: ReadonlyMap<string, Entry>): Matches<Entry> {
  const byKey = new Map([...entries].map(([image, entry]) => [foldedName(image), { image, entry }]));
  const found = new Map<string, Entry>();
  for (const image of images) {
    const match = byKey.get(foldedName(image));
    if (match) found.set(image, match.entry);
    byKey.delete(foldedName(image));
  }
  return { found, ambiguous: new Set(), unmatched: [...byKey.values()].map(({ image }) => image) };
}

async function scoresOf(names: readonly string[], file: string, images: number): Promise<Matches<number>> {
  const scores = await readScores(file);
  // Names of images are matched as names of maps are.
  const matches = matchPredictions(names, scores);
  if (matches.found.size > 0) return matches;
  const examples = [...scores.keys()].slice(0, EXAMPLES).join(', ');
  throw new OfxError(
    'DATASET_INVALID',
    `The scores ${file} are of other images: none of ${images} is in it. It has ${examples}, …`,
    { suggestion: `The data set has ${names.slice(0, EXAMPLES).join(', ')}.` },
  );
}

/** The listing stands for the predictions: reading all of them twice would take as long as measuring them. */
async function identityOf(
  folder: string,
  manifest: Awaited<ReturnType<typeof readManifest>>,
): Promise<SourceIdentity> {
  if (manifest) return manifest.model;
  const hash = createHash('sha256');
  for (const [name, { file }] of await entriesIn(folder))
    hash.update(`${name}\t${(await stat(file)).size}\n`);
  const name = path.basename(path.resolve(folder));
  return { name, version: 'predictions', sha256: hash.digest('hex'), inputSize: 0, precision: 'unknown' };
}

function noneFits(folder: string, samples: readonly Sample[], files: readonly string[]): OfxError {
  const has = files.length === 0 ? 'no map (.png, .npy, .npz)' : `${files.slice(0, EXAMPLES).join(', ')}, …`;
  return new OfxError(
    'DATASET_INVALID',
    `None of ${samples.length} images has a prediction in ${folder}, which holds ${has}`,
    {
      suggestion: `The data set has ${samples
        .slice(0, EXAMPLES)
        .map(({ name }) => name)
        .join(', ')}: a map is called as its image, with another ending.`,
    },
  );
}

function otherSize(file: string, map: Size, image: Size): OfxError {
  return new OfxError(
    'RESULT_INVALID',
    `Its prediction ${file} has ${map.width} x ${map.height} pixels, the image ${image.width} x ${image.height}.`,
    { suggestion: 'Bring maps to the size of their images; only square ones are taken for a network’s own.' },
  );
}

interface Size {
  width: number;
  height: number;
}

function highest(map: Float32Array): number {
  let most = 0;
  for (const value of map) if (value > most) most = value;
  return most;
}
