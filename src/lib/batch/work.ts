import { OfxError } from '../core/errors.js';
import { beginAttempt, type Attempt } from './attempts.js';
import { Unfit } from './failures.js';
import type { Fetcher } from './fetch.js';
import { readShard } from './manifest.js';
import { publishMasks } from './masks.js';
import { partName, publishPart } from './part.js';
import { ReadAhead } from './read-ahead.js';
import type { Row } from './row.js';
import type { RunFile } from './run.js';
import { scoreShard } from './score-shard.js';
import type { Scorer } from './scorer.js';
import type { ShardOutcome, ShardSource, TakenShard } from './shards.js';
import type { Store } from './store/store.js';

export interface WorkRequest {
  store: Store;
  run: RunFile;
  source: ShardSource;
  fetcher: Fetcher;
  scorer: Scorer;
  /** Shards at once, so that processes are not idle at the end of each. */
  shardsAtOnce: number;
  /** After so long an image is given up. */
  imageTimeoutMs: number;
}

/** What a worker tells while it works. */
export interface WorkEvents {
  onImage?: (row: Row) => void;
  onShard?: (shard: number, outcome: ShardOutcome) => void;
}

export interface WorkDone {
  shards: Record<'published' | 'already', number>;
  /** Images that were looked at, those of shards that others published first included. */
  images: number;
  /** Of them, those that could not be scored, by code. */
  errors: Record<string, number>;
  seconds: number;
}

/**
 * Takes shards and publishes their parts until the source has no more.
 *
 * @throws {Unfit} where this machine cannot go on; the signal's reason; what is a defect
 */
export async function work(request: WorkRequest, events: WorkEvents, signal: AbortSignal): Promise<WorkDone> {
  const started = performance.now();
  const done: WorkDone = { shards: { published: 0, already: 0 }, images: 0, errors: {}, seconds: 0 };
  // One loop that cannot go on stops the others, whose shards are given back as well.
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const ahead = new ReadAhead();
  const onImage = (row: Row): void => {
    done.images++;
    if (row.errorCode !== null) done.errors[row.errorCode] = (done.errors[row.errorCode] ?? 0) + 1;
    events.onImage?.(row);
  };
  const loop = async (): Promise<void> => {
    for (;;) {
      const taken = await request.source.next(either);
      if (!taken) return;
      const outcome = await doShard(request, taken, ahead, onImage, either);
      if (outcome !== 'given-back') done.shards[outcome]++;
      events.onShard?.(taken.shard, outcome);
    }
  };
  const loops = Array.from({ length: request.shardsAtOnce }, async () =>
    loop().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  const results = await Promise.allSettled(loops);
  signal.throwIfAborted();
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) throw stop.signal.reason;
  done.seconds = (performance.now() - started) / 1000;
  return done;
}

async function doShard(
  { store, run, fetcher, scorer, imageTimeoutMs }: WorkRequest,
  taken: TakenShard,
  ahead: ReadAhead,
  onImage: (row: Row) => void,
  signal: AbortSignal,
): Promise<ShardOutcome> {
  const { shard, attempt, lost } = taken;
  const startedAt = new Date();
  const either = lost ? AbortSignal.any([signal, lost]) : signal;
  let tried: Attempt | undefined;
  let isDone = false;
  try {
    tried = await beginAttempt(store, shard, imageTimeoutMs, either);
    const entries = await readShard(store, shard, { ...run, ...run.manifest }, either);
    const { rows, masks } = await scoreShard(
      entries,
      { fetcher, scorer, ahead, attempt: tried },
      onImage,
      either,
    );
    if (run.masks !== 'none') await publishMasks(store, shard, rows, masks, either);
    const made = await publishPart(
      store,
      run,
      shard,
      rows,
      { attempt: Math.max(attempt, tried.deaths + 1), startedAt },
      either,
    );
    isDone = true;
    const outcome = made === 'created' ? 'published' : 'already';
    await taken.settle(outcome);
    return outcome;
  } catch (error) {
    if (lost?.aborted && !signal.aborted) {
      // Whoever has it now finishes it, or did.
      const outcome = (await store.stat(partName(shard), signal)) ? 'already' : 'given-back';
      await taken.settle(outcome);
      return outcome;
    }
    if (signal.aborted || isMachines(error)) {
      await taken.settle('given-back');
      signal.throwIfAborted();
      throw error instanceof Unfit ? error : new Unfit(error);
    }
    await taken.fail(error);
    return 'given-back';
  } finally {
    await tried?.end(isDone);
  }
}

/** What the machine or the storage is to blame for; a broken run and a defect go with the shard. */
function isMachines(error: unknown): boolean {
  return error instanceof OfxError && !['INTERNAL', 'RUN_INVALID'].includes(error.code);
}
