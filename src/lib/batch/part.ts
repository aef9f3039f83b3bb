import os from 'node:os';
import { OfxError } from '../core/errors.js';
import { OFX_VERSION } from '../core/version.js';
import { decodeRows, encodeRows, readFooter, type Footer } from './parquet.js';
import type { Row } from './row.js';
import { runSettings, type RunFile } from './run.js';
import type { Store } from './store/store.js';

/** The rows of a finished shard. A part is all that says that its shard is done. */
export const PARTS = 'parts';

const PART = /^part-(\d{6,})\.parquet$/;

export function shardName(shard: number): string {
  return String(shard).padStart(6, '0');
}

export function partName(shard: number): string {
  return `${PARTS}/part-${shardName(shard)}.parquet`;
}

/** The shard of a file in {@link PARTS}; undefined for other files. */
export function shardOfPart(name: string): number | undefined {
  const number = PART.exec(name.slice(name.lastIndexOf('/') + 1))?.[1];
  return number === undefined ? undefined : Number(number);
}

/** What a part says about how it came to be. */
export interface Making {
  /** Which attempt at the shard this was, the first being 1. */
  attempt: number;
  startedAt: Date;
}

/** Publishes a shard's rows, if no other worker did so first. */
export async function publishPart(
  store: Store,
  run: RunFile,
  shard: number,
  rows: readonly Row[],
  { attempt, startedAt }: Making,
  signal?: AbortSignal,
): Promise<'created' | 'exists'> {
  const footer: Footer = {
    'ofx.runKey': run.runKey,
    'ofx.shard': String(shard),
    'ofx.rows': String(rows.length),
    'ofx.verdicts': JSON.stringify(tally(rows.map(({ verdict }) => verdict))),
    'ofx.errors': JSON.stringify(tally(rows.map(({ errorCode }) => errorCode))),
    'ofx.settings': JSON.stringify(runSettings(run)),
    'ofx.version': OFX_VERSION,
    'ofx.cpu': cpuName(),
    'ofx.host': os.hostname(),
    'ofx.attempt': String(attempt),
    'ofx.startedAt': startedAt.toISOString(),
    'ofx.finishedAt': new Date().toISOString(),
  };
  return store.create(partName(shard), encodeRows(rows, footer, `ofx ${OFX_VERSION}`), signal);
}

/** How often each comes; null does not count. */
export function tally(values: readonly (string | null)[]): Tally {
  const counts: Tally = {};
  for (const value of values) if (value !== null) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** Digits may differ between processors with other instructions, so parts say which one it was. */
function cpuName(): string {
  return os.cpus()[0]?.model.trim() ?? 'unknown';
}

/** Counts by name, e.g. of verdicts. */
export type Tally = Record<string, number>;

export interface PartFooter {
  shard: number;
  rows: number;
  verdicts: Tally;
  errors: Tally;
  cpu: string;
  host: string;
  attempt: number;
  startedAt: Date;
  finishedAt: Date;
}

/** Footers of parts are about 5 kB. */
const FOOTER_BYTES = 16_384;

/**
 * Reads a part's footer and checks that it is of this run, this shard and whole.
 *
 * @throws {OfxError} RUN_INVALID where it is not
 */
export async function readPartFooter(
  store: Store,
  run: RunFile,
  shard: number,
  bytes: number,
  signal?: AbortSignal,
): Promise<PartFooter> {
  const name = partName(shard);
  let found;
  try {
    const tail = async (length: number): Promise<Uint8Array> =>
      store.readRange(name, Math.max(0, bytes - length), Math.min(bytes, length), signal);
    found = readFooter(await tail(FOOTER_BYTES));
    if ('needed' in found) found = readFooter(await tail(found.needed));
    if ('needed' in found) throw new Error('its footer is longer than the file');
  } catch (error) {
    if (error instanceof OfxError || signal?.aborted) throw error;
    throw invalidPart(store, name, `it is not a whole Parquet file (${(error as Error).message})`);
  }
  const { footer, rows } = found;
  const expected = Math.min(run.shardSize, run.images - shard * run.shardSize);
  if (footer['ofx.runKey'] !== run.runKey) throw invalidPart(store, name, 'it belongs to another run');
  if (footer['ofx.shard'] !== String(shard))
    throw invalidPart(store, name, `it is shard ${footer['ofx.shard']}`);
  if (rows !== expected) throw invalidPart(store, name, `it has ${rows} rows, not ${expected}`);
  return {
    shard,
    rows,
    verdicts: JSON.parse(footer['ofx.verdicts'] ?? '{}') as Tally,
    errors: JSON.parse(footer['ofx.errors'] ?? '{}') as Tally,
    cpu: footer['ofx.cpu'] ?? 'unknown',
    host: footer['ofx.host'] ?? 'unknown',
    attempt: Number(footer['ofx.attempt']),
    startedAt: new Date(footer['ofx.startedAt'] ?? 0),
    finishedAt: new Date(footer['ofx.finishedAt'] ?? 0),
  };
}

/** @throws {OfxError} RUN_INVALID */
export async function readPart(store: Store, shard: number, signal?: AbortSignal): Promise<Row[]> {
  const bytes = await store.read(partName(shard), signal);
  if (!bytes) throw invalidPart(store, partName(shard), 'it is gone');
  try {
    return await decodeRows(bytes);
  } catch (error) {
    throw invalidPart(store, partName(shard), (error as Error).message);
  }
}

function invalidPart(store: Store, name: string, why: string): OfxError {
  return new OfxError('RUN_INVALID', `${store.place}/${name} is invalid: ${why}.`, {
    suggestion: 'Remove the file and run "ofx batch work" again, which makes it again.',
  });
}
