import { activeShards } from './attempts.js';
import { sum } from './collect.js';
import type { PartFooter } from './part.js';
import type { BatchStatus } from './result.js';
import { shardCount, type RunFile } from './run.js';
import type { Store } from './store/store.js';
import { verifyParts } from './verify.js';

/** The rate is that of the parts of so many milliseconds. */
const WINDOW_MS = 10 * 60_000;

/**
 * How far a run is, by its parts alone.
 *
 * @param known - footers that an earlier call read, kept between calls
 * @param queue - counts the queue
 */
export async function runStatus(
  store: Store,
  run: RunFile,
  known?: Map<number, PartFooter>,
  signal?: AbortSignal,
  queue: () => Promise<BatchStatus['queue']> = () => Promise.resolve(null),
  now = Date.now(),
): Promise<BatchStatus> {
  const { footers, missing } = await verifyParts(store, run, known, signal);
  const active = (await activeShards(store, signal)).filter(({ shard }) => !footers[shard]);
  const [oldest] = active;
  const parts = footers.filter((footer) => footer !== undefined);
  const imagesDone = parts.reduce((total, { rows }) => total + rows, 0);
  const last = parts.reduce((latest, { finishedAt }) => Math.max(latest, finishedAt.getTime()), 0);
  const rate = currentRate(parts, now);
  return {
    run: store.place,
    images: run.images,
    imagesDone,
    shards: shardCount(run),
    shardsDone: parts.length,
    verdicts: sum(parts.map(({ verdicts }) => verdicts)),
    errors: sum(parts.map(({ errors }) => errors)),
    imagesPerSecond: rate?.perSecond ?? null,
    secondsLeft: missing.length === 0 || !rate ? null : timeLeft(run.images - imagesDone, rate),
    lastPublishedAt: last === 0 ? null : new Date(last).toISOString(),
    active: new Set(active.map(({ shard }) => shard)).size,
    oldestActive: oldest
      ? {
          shard: oldest.shard,
          host: oldest.host,
          seconds: Math.max(0, (now - oldest.since.getTime()) / 1000),
        }
      : null,
    workers: sum(active.map(({ host }) => ({ [host]: 1 }))),
    queue: await queue(),
  };
}

interface Rate {
  perSecond: number;
  /** Standard error relative to the rate. */
  error: number;
}

/** Images a second over the last ten minutes of work; nothing where no part came in them. */
function currentRate(parts: readonly PartFooter[], now: number): Rate | undefined {
  const recent = parts.filter(({ finishedAt }) => finishedAt.getTime() > now - WINDOW_MS);
  if (recent.length === 0) return undefined;
  const started = Math.max(now - WINDOW_MS, Math.min(...recent.map(({ startedAt }) => startedAt.getTime())));
  const seconds = (now - started) / 1000;
  const images = recent.reduce((total, { rows }) => total + rows, 0);
  // Parts come in one by one, about as a Poisson process.
  return seconds > 0 ? { perSecond: images / seconds, error: 1 / Math.sqrt(recent.length) } : undefined;
}

function timeLeft(images: number, { perSecond, error }: Rate): BatchStatus['secondsLeft'] {
  const expected = images / perSecond;
  return { low: expected / (1 + error), expected, high: expected * (1 + error) };
}
