import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { OFX_VERSION } from '../core/version.js';
import { makeFolder } from '../files/make-folder.js';
import { writeError } from '../files/write.js';
import { counted } from '../text/plural.js';
import { failedShards, type FailedShard } from './failed.js';
import { readShard } from './manifest.js';
import { readPart, type PartFooter, type Tally } from './part.js';
import type { BatchCollect, BatchSummary } from './result.js';
import { RESULT_ENDINGS, type ResultFormat } from './result-formats.js';
import { openResults } from './results-file.js';
import { shardCount, type RunFile } from './run.js';
import type { Store } from './store/store.js';
import { shardRanges, verifyParts } from './verify.js';

/** What a run came to; written last. */
export const SUMMARY_FILE = 'summary.json';

export interface CollectRequest {
  store: Store;
  run: RunFile;
  format: ResultFormat;
  /** File for the rows [`results.<format>` in the run]. */
  out?: string | undefined;
}

/**
 * Checks that every image of the run has exactly one row, and writes all rows into one file, a part at a time.
 *
 * @throws {OfxError} RUN_INCOMPLETE with the missing shards by number, RUN_INVALID for a part that does not fit its run or
 *   its images, OUTPUT_UNWRITABLE, IO_FAILED
 */
export async function collect(
  { store, run, format, out }: CollectRequest,
  onProgress: (shards: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<BatchCollect> {
  const { footers, missing } = await verifyParts(store, run, undefined, signal);
  if (missing.length > 0) throw incomplete(store, missing, await failedShards(store, missing, signal));
  const name = `results${RESULT_ENDINGS[format]}`;
  const place = out === undefined ? store.drafts : path.dirname(path.resolve(out));
  const draft = path.join(place, `.ofx-${process.pid}-${randomUUID()}.part`);
  try {
    await makeFolder(place);
    const results = openResults(format, draft, run);
    for (let shard = 0; shard < shardCount(run); shard++) {
      signal?.throwIfAborted();
      const rows = await readPart(store, shard, signal);
      const entries = await readShard(store, shard, { ...run, ...run.manifest }, signal);
      if (entries.some(({ key }, index) => rows[index]?.image !== key)) throw otherImages(store, shard);
      results.write(rows);
      onProgress(shard + 1);
    }
    results.finish();
    await sync(draft);
    if (out !== undefined) await rename(draft, out);
    else {
      // Made of the same parts, an earlier one of that name says the same.
      await store.remove(name, signal);
      await store.adopt(name, draft, signal);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof OfxError ? error : writeError(out ?? `${store.place}/${name}`, error);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
  const summary = summariseParts(store, run, footers as PartFooter[]);
  const document = { schemaVersion: 1, ofx: OFX_VERSION, ...summary };
  await store.create(SUMMARY_FILE, `${JSON.stringify(document, null, 2)}\n`, signal);
  return { ...summary, output: out ?? `${store.place}/${name}` };
}

/** The error of a run whose parts are not all there. */
function incomplete(store: Store, missing: readonly number[], failed: readonly FailedShard[]): OfxError {
  const [first] = failed;
  const givenUp = first
    ? ` ${counted(failed.length, 'shard')} of them ${failed.length === 1 ? 'was' : 'were'} given up, ${first.shard} for: ${first.message}`
    : '';
  return new OfxError(
    'RUN_INCOMPLETE',
    `The run in ${store.place} lacks ${counted(missing.length, 'shard')}: ${shardRanges(missing)}.${givenUp}`,
    { suggestion: `Run "ofx batch work ${store.place}" again, which does what is missing.` },
  );
}

function otherImages(store: Store, shard: number): OfxError {
  return new OfxError('RUN_INVALID', `Part ${shard} of ${store.place} has other images than its manifest.`, {
    suggestion: 'Remove the part and run "ofx batch work" again, which makes it again.',
  });
}

async function sync(file: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r+');
    await handle.sync();
  } finally {
    await handle?.close();
  }
}

function summariseParts(store: Store, run: RunFile, footers: readonly PartFooter[]): BatchSummary {
  const errors = sum(footers.map((footer) => footer.errors));
  const times = (key: 'startedAt' | 'finishedAt'): number[] => footers.map((footer) => footer[key].getTime());
  return {
    run: store.place,
    runKey: run.runKey,
    images: run.images,
    shards: footers.length,
    verdicts: sum(footers.map(({ verdicts }) => verdicts)),
    failed: Object.values(errors).reduce((total, count) => total + count, 0),
    errors,
    hosts: sum(footers.map(({ host }) => ({ [host]: 1 }))),
    processors: sum(footers.map(({ cpu }) => ({ [cpu]: 1 }))),
    startedAt: new Date(times('startedAt').reduce((a, b) => Math.min(a, b))).toISOString(),
    finishedAt: new Date(times('finishedAt').reduce((a, b) => Math.max(a, b))).toISOString(),
  };
}

/** Tallies added up. */
export function sum(tallies: readonly Tally[]): Tally {
  const total: Tally = {};
  for (const tally of tallies) {
    for (const [name, count] of Object.entries(tally)) total[name] = (total[name] ?? 0) + count;
  }
  return total;
}
