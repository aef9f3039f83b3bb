import type { Job } from 'bullmq';
import { FAILED, failedName, shardOfFailed } from '../failed.js';
import type { BatchSubmit } from '../result.js';
import { shardCount, type RunFile } from '../run.js';
import { missingShards } from '../shards.js';
import type { Store } from '../store/store.js';
import { connectQueue, type ShardJob, type ShardQueue } from './connect.js';

/** How often a shard that fails by a defect is tried, with pauses that grow. */
const ATTEMPTS = 5;

/** Jobs that are added in one go. */
const CHUNK = 1000;

export interface Submitted {
  /** Shards that were put into the queue. */
  added: number;
  /** Shards that have a part. */
  finished: number;
  /** Shards that were in the queue already. */
  known: number;
}

export function jobIdOf(shard: number): string {
  return `shard-${shard}`;
}

/**
 * Puts every shard that has no part into the queue. May be called at any time and any number of times, also after the queue
 * lost all that it had: what waits or is under way stays as it is, and what failed gets another chance.
 */
export async function submitShards(
  store: Store,
  run: RunFile,
  queue: ShardQueue,
  signal?: AbortSignal,
): Promise<Submitted> {
  const missing = await missingShards(store, run, signal);
  const known = await pendingShards(queue);
  const ended = await endedJobs(queue);
  const wanted = missing.filter((shard) => !known.has(shard));
  for (let start = 0; start < wanted.length; start += CHUNK) {
    signal?.throwIfAborted();
    const chunk = wanted.slice(start, start + CHUNK);
    // BullMQ passes over a job whose id it knows, also that of one that failed or is done.
    await Promise.all(chunk.map(async (shard) => ended.get(shard)?.remove()));
    await queue.addBulk(
      chunk.map((shard) => ({
        name: 'shard',
        data: { shard },
        opts: {
          jobId: jobIdOf(shard),
          attempts: ATTEMPTS,
          backoff: { type: 'exponential', delay: 5000, jitter: 0.5 },
          removeOnComplete: { count: 1000 },
          removeOnFail: false,
        },
      })),
    );
  }
  const again = new Set(wanted);
  for await (const { name } of store.list(FAILED, signal)) {
    const shard = shardOfFailed(name);
    if (shard !== undefined && again.has(shard)) await store.remove(failedName(shard), signal);
  }
  return {
    added: wanted.length,
    finished: shardCount(run) - missing.length,
    known: missing.length - wanted.length,
  };
}

const PENDING = ['waiting', 'active', 'delayed', 'prioritized'] as const;

/** Shards that the queue will hand out, or has. */
export async function pendingShards(queue: ShardQueue): Promise<Set<number>> {
  const shards = new Set<number>();
  for (let start = 0; ; start += CHUNK) {
    const jobs = await queue.getJobs([...PENDING], start, start + CHUNK - 1);
    for (const job of jobs as ((typeof jobs)[number] | undefined)[]) if (job) shards.add(job.data.shard);
    if (jobs.length === 0) return shards;
  }
}

async function endedJobs(queue: ShardQueue): Promise<Map<number, Job<ShardJob>>> {
  const jobs = await queue.getJobs(['completed', 'failed'], 0, -1);
  return new Map(jobs.map((job) => [job.data.shard, job]));
}

/**
 * {@link submitShards} to the queue at a URL.
 *
 * @throws {OfxError} as `connectQueue`; QUEUE_UNAVAILABLE
 */
export async function submitTo(
  url: string,
  store: Store,
  run: RunFile,
  signal?: AbortSignal,
): Promise<BatchSubmit> {
  const server = await connectQueue(url, run);
  try {
    const submitted = await submitShards(store, run, server.queue, signal);
    return { run: store.place, queue: server.name, waitingList: server.waitingList, ...submitted };
  } finally {
    await server.close();
  }
}
