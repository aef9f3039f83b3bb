import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { BackendFactory as Factory, Queue, RedisQueueBackend, Worker } from 'bullmq';
import { OfxError } from '../../core/errors.js';
import { loadOptional } from '../../core/optional.js';
import { withoutPassword } from '../../text/url.js';
import type { RunFile } from '../run.js';

/** What a job says: the images of a shard are in the manifest, so that the queue stays small and knows no keys. */
export interface ShardJob {
  shard: number;
}

export type ShardQueue = Queue<ShardJob>;
export type ShardWorker = Worker<ShardJob>;

/** How long a lock holds without being renewed, and how often shards are looked for whose worker is gone. */
export interface QueueTimes {
  lockMs: number;
  stalledMs: number;
}

export const QUEUE_TIMES: QueueTimes = { lockMs: 30_000, stalledMs: 5000 };

/** One hash slot of a cluster. */
const PREFIX = '{ofx}';

/** Machines that are taken back often are no fault of a shard's. */
const MOST_STALLS = 50;

/** How long a server has to answer before it counts as out of reach, where somebody waits for it. */
const PATIENCE_MS = 10_000;

/** A queue on a server, as BullMQ sees it. */
export interface QueueServer {
  queue: ShardQueue;
  worker: (times: QueueTimes) => ShardWorker;
  /** Of this run alone; other runs on the same server have others. */
  name: string;
  /** On Redis the list whose length says how many shards wait, e.g. for KEDA. */
  waitingList: string | null;
  close: () => Promise<void>;
}

/** The queue of a run: two runs with the same settings and images are still two. */
export function queueName(run: Pick<RunFile, 'runKey' | 'createdAt'>): string {
  return `batch-${createHash('sha256').update(`${run.runKey} ${run.createdAt}`).digest('hex').slice(0, 12)}`;
}

/**
 * Connects with a run's queue: `redis://` and `rediss://`, or (experimental) `postgres://`.
 *
 * @throws {OfxError} USAGE for another URL, PACKAGE_MISSING, QUEUE_UNAVAILABLE where nobody answers
 */
export async function connectQueue(url: string, run: RunFile): Promise<QueueServer> {
  const name = queueName(run);
  const server = /^rediss?:\/\//.test(url)
    ? await onRedis(url, name)
    : /^postgres(?:ql)?:\/\//.test(url)
      ? await onPostgres(url, name)
      : undefined;
  if (!server) {
    throw new OfxError('USAGE', `--queue takes redis://… or postgres://…, not "${withoutPassword(url)}".`, {
      suggestion: 'For example: --queue redis://localhost:6379',
    });
  }
  let last: Error | undefined;
  server.queue.on('error', (error) => {
    last = error;
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(last ?? new Error('it does not answer'));
    }, PATIENCE_MS);
  });
  try {
    await Promise.race([server.queue.waitUntilReady(), late]);
  } catch (error) {
    server.giveUp();
    throw queueUnavailable(url, error);
  } finally {
    clearTimeout(timer);
  }
  return { ...server, name };
}

export function queueUnavailable(url: string, cause: unknown): OfxError {
  const why = (cause as { code?: string }).code ?? (cause as Error).message;
  return new OfxError('QUEUE_UNAVAILABLE', `${withoutPassword(url)} is out of reach (${why}).`, {
    suggestion:
      'Start it, or check the address and the password. The run needs it only to hand out shards: "ofx batch work RUN" does without.',
    cause,
  });
}

const streams = { events: { maxLen: 1000 } };

interface Server extends Omit<QueueServer, 'name'> {
  /** Ends attempts to connect, which would keep the process alive. */
  giveUp: () => void;
}

/** Between two attempts to reach a server that is gone, in milliseconds. */
const RECONNECT_MS = 1000;

async function onRedis(url: string, name: string): Promise<Server> {
  const { Queue, Worker } = await loadOptional('redis', async () => {
    // BullMQ would say so only when it connects.
    await import('ioredis');
    return import('bullmq');
  });
  const options = { prefix: PREFIX };
  let isGivenUp = false;
  const connection = { url, retryStrategy: () => (isGivenUp ? null : RECONNECT_MS) };
  const queue = new Queue<ShardJob>(name, { ...options, streams, connection });
  return {
    queue,
    waitingList: `${PREFIX}:${name}:wait`,
    giveUp: () => {
      isGivenUp = true;
      queue.disconnect().catch(() => undefined);
    },
    worker: (times) =>
      new Worker<ShardJob>(name, null, {
        ...options,
        ...workerOptions(times),
        connection: { ...connection, maxRetriesPerRequest: null },
      }),
    close: async () => queue.close(),
  };
}

async function onPostgres(url: string, name: string): Promise<Server> {
  const { Queue, Worker, createPostgresBackend } = await loadOptional('postgres', async () => {
    // BullMQ asks for it by itself, and later.
    createRequire(import.meta.url).resolve('pg');
    return import('bullmq');
  });
  // The types of BullMQ's classes name Redis; what is used here both backends have.
  const backend = createPostgresBackend as unknown as Factory<RedisQueueBackend>;
  const queue = new Queue<ShardJob>(
    name,
    { streams, connection: { connectionString: url, migrate: true } },
    backend,
  );
  return {
    queue,
    waitingList: null,
    giveUp: () => {
      queue.close().catch(() => undefined);
    },
    worker: (times) =>
      new Worker<ShardJob>(
        name,
        null,
        { ...workerOptions(times), connection: { connectionString: url } },
        backend,
      ),
    close: async () => queue.close(),
  };
}

function workerOptions({ lockMs, stalledMs }: QueueTimes) {
  return {
    lockDuration: lockMs,
    stalledInterval: stalledMs,
    maxStalledCount: MOST_STALLS,
    drainDelay: 1,
    autorun: false,
    removeOnComplete: { count: 1000 },
  };
}
