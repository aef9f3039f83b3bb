import { createHash } from 'node:crypto';
import { Type, type Static } from '@sinclair/typebox';
import { Count } from '../core/schema.js';
import { OfxError } from '../core/errors.js';
import { checkSchema } from '../core/schema.js';
import { settingsDifferences, type JournalSettings } from '../files/journal-settings.js';
import { ModelIdentitySchema } from '../predict/result.js';
import { SHARD_LIST_FILE } from './manifest.js';
import { MASK_CHOICES } from './masks-choice.js';
import type { Store } from './store/store.js';

/** Says what a run is. Written last by `plan`: where it lies, the plan is whole. */
export const RUN_FILE = 'run.json';

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Fraction = Type.Number({ minimum: 0, maximum: 1 });

export const RunFileSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    ofx: Type.String(),
    build: Type.String({ description: 'The commit that ofx was built of' }),
    createdAt: Type.String(),
    runKey: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'sha256 of all that decides a row: the settings, the model and the images',
    }),
    model: Type.Intersect([
      Type.Object({ reference: Type.String({ description: 'Name or place of the model, as it was given' }) }),
      ModelIdentitySchema,
    ]),
    evidence: Type.Object(
      {
        sources: Type.Array(Type.String(), { minItems: 1 }),
        fusion: Type.Union([
          Type.String({ description: 'JSON: bias, and weights of the sources' }),
          Type.Null({ description: 'One source decides' }),
        ]),
        testScores: Type.Union([
          Type.String({ description: 'JSON: the scores of test photos that scores are compared with' }),
          Type.Null(),
        ]),
      },
      { description: 'What looks at an image besides the network, and how it comes to one score' },
    ),
    thresholds: Type.Object({ score: Fraction, mask: Fraction, temperature: Type.Number() }),
    minArea: Count,
    tile: Type.Boolean(),
    limits: Type.Object({ maxPixels: Count, maxBytes: Count }),
    threads: Type.Integer({
      minimum: 1,
      description: 'Of one inference; another number changes the last digits',
    }),
    masks: Type.Union(MASK_CHOICES.map((choice) => Type.Literal(choice))),
    base: Type.String({ description: 'Folder that relative paths of images start from' }),
    folders: Type.Array(Type.String(), {
      description: 'Folders that images were found in: one that is gone is a lost mount, not missing images',
    }),
    images: Type.Integer({ minimum: 1 }),
    shardSize: Type.Integer({ minimum: 1 }),
    manifest: Type.Object({
      linesSha256: Sha256,
      sha256: Sha256,
      offsets: Type.Array(Count, {
        minItems: 2,
        description: 'Byte offset of each shard’s gzip member, and behind them the length of the file',
      }),
    }),
  },
  { $id: 'batch-run', title: 'run.json of a batch run' },
);
export type RunFile = Static<typeof RunFileSchema>;

/** How many shards a run has. */
export function shardCount({ manifest }: RunFile): number {
  return manifest.offsets.length - 1;
}

/** Everything that decides a row, as text that can be compared and shown. */
export function runSettings(run: Omit<RunFile, 'runKey'>): JournalSettings {
  const {
    ofx,
    build,
    model,
    evidence,
    thresholds,
    minArea,
    tile,
    limits,
    threads,
    masks,
    images,
    shardSize,
    manifest,
  } = run;
  return {
    ofx,
    build,
    model: `${model.name} ${model.version} (${model.sha256})`,
    size: model.inputSize,
    precision: model.precision,
    evidence: evidence.sources.join('+'),
    fusion: evidence.fusion,
    'test-scores': evidence.testScores,
    threshold: thresholds.score,
    'mask-threshold': thresholds.mask,
    temperature: thresholds.temperature,
    'min-area': minArea,
    tile,
    'max-pixels': limits.maxPixels,
    'max-bytes': limits.maxBytes,
    threads,
    masks,
    images,
    'shard-size': shardSize,
    manifest: manifest.linesSha256,
  };
}

/** The same settings, model and images give the same key on every machine. */
export function runKeyOf(run: Omit<RunFile, 'runKey'>): string {
  const settings = Object.entries(runSettings(run)).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex');
}

/** @throws {OfxError} RUN_INVALID */
export async function readRun(store: Store, signal?: AbortSignal): Promise<RunFile | undefined> {
  const bytes = await store.read(RUN_FILE, signal);
  if (!bytes) return undefined;
  const where = `${store.place}/${RUN_FILE}`;
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new OfxError('RUN_INVALID', `${where} is not valid JSON: ${(error as Error).message}`, {
      suggestion: 'Restore the file, or plan the run again into another folder.',
    });
  }
  const checked = checkSchema(RunFileSchema, content);
  if (!checked.ok) {
    throw new OfxError('RUN_INVALID', `${where} is invalid: ${checked.complaints.join('; ')}.`, {
      suggestion: 'Use the version of ofx that planned the run, or plan it again into another folder.',
    });
  }
  return checked.value;
}

/** @throws {OfxError} RUN_NOT_FOUND, RUN_INVALID */
export async function openRun(store: Store, signal?: AbortSignal): Promise<RunFile> {
  const run = await readRun(store, signal);
  if (!run) {
    throw new OfxError('RUN_NOT_FOUND', `There is no run in ${store.place}.`, {
      suggestion: 'Plan one: ofx batch plan INPUT --out RUN',
    });
  }
  return run;
}

/**
 * A worker that would score otherwise must not take a shard, and neither must one whose manifest was changed.
 *
 * @throws {OfxError} USAGE with every difference by name
 */
export async function checkRun(store: Store, run: RunFile, own: Omit<RunFile, 'runKey'>): Promise<void> {
  const differences = settingsDifferences(runSettings(run), runSettings(own));
  const manifest = await manifestDifference(store, run);
  if (manifest !== undefined) differences.push(manifest);
  if (runKeyOf(run) !== run.runKey) differences.push('run.json was changed after it was planned');
  if (differences.length === 0) return;
  throw new OfxError(
    'USAGE',
    `This worker does not fit the run in ${store.place}: ${differences.join('; ')}.`,
    {
      suggestion: 'Use what the run was planned with, or plan another run.',
    },
  );
}

async function manifestDifference(store: Store, { manifest }: RunFile): Promise<string | undefined> {
  const found = await store.stat(SHARD_LIST_FILE);
  const bytes = manifest.offsets.at(-1)!;
  if (!found) return `${SHARD_LIST_FILE} is missing`;
  if (found.bytes !== bytes) return `${SHARD_LIST_FILE} had ${bytes} bytes and has ${found.bytes}`;
  const sha256 = await store.hash(SHARD_LIST_FILE);
  return sha256 === undefined || sha256 === manifest.sha256
    ? undefined
    : `the sha256 of ${SHARD_LIST_FILE} was ${manifest.sha256} and is ${sha256}`;
}
