import { setTimeout as sleep } from 'node:timers/promises';
import type * as BullMQ from 'bullmq';
import type { Job as QueueJob, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { OfxError } from '../../core/errors.js';
import type { PredictResult } from '../../predict/result.js';
import type { Log } from '../log.js';
import { REDIS_PREFIX } from '../redis.js';
import { bytesOf, type Job, type JobError, type JobOrder, type JobState, type Notification } from './job.js';
import { noRoom } from './no-room.js';
import { SCRIPTS } from './redis-scripts.js';
import { WEBHOOK_ATTEMPTS, type JobSettings } from './settings.js';
import { GivenBack, type JobCounts, type JobHandlers, type JobStore } from './store.js';

/**
 * How long the lock of a job holds without being renewed, and how often jobs are looked for whose server is gone, in
 * milliseconds. The process that renews locks computes nothing, so it is never late by seconds; were it, a job would be worked
 * on twice, to the same results.
 */
const LOCK_MS = 10_000;
const STALLED_MS = 2000;

/** The store itself counts how often a job is begun. */
const MOST_STALLS = 1000;

/** How often jobs are looked for that the queue lost. */
const RECONCILE_MS = 60_000;

const PENDING_KEY = `${REDIS_PREFIX}:serve:pending`;
const BYTES_KEY = `${REDIS_PREFIX}:serve:bytes`;
const jobKey = (id: string): string => `${REDIS_PREFIX}:serve:job:${id}`;
const imagesKey = (id: string): string => `${REDIS_PREFIX}:serve:images:${id}`;

/** The fields of a job's hash; `r0`, `r1`, … hold its results. */
interface Fields extends Record<string, string | undefined> {
  order: string;
  state: JobState;
  starts: string;
  startedAt?: string;
  endedAt?: string;
  expiresAt?: string;
  error?: string;
  notification?: string;
}

/**
 * Jobs in Redis, handed out by BullMQ. Each job is a hash there, its images another; the queue holds the id alone. A server
 * that dies loses its lock, and another one, or itself once it is back, goes on behind the last result.
 */
export class RedisJobStore implements JobStore {
  #jobs!: Queue;
  #webhooks!: Queue;
  readonly #connections: Redis[] = [];
  readonly #workers: Worker[] = [];
  readonly #stopping = new AbortController();
  #reconciling: NodeJS.Timeout | undefined;

  private constructor(
    private readonly redis: Redis,
    private readonly url: string,
    private readonly settings: JobSettings,
    private readonly log: Log,
    private readonly bullmq: Pick<typeof BullMQ, 'Worker' | 'WaitingError'>,
  ) {}

  /** @throws {OfxError} QUEUE_UNAVAILABLE */
  static async open(redis: Redis, url: string, settings: JobSettings, log: Log): Promise<RedisJobStore> {
    const bullmq = await import('bullmq');
    const store = new RedisJobStore(redis, url, settings, log, bullmq);
    for (const [name, { keys, lua }] of Object.entries(SCRIPTS)) {
      redis.defineCommand(name, { numberOfKeys: keys, lua });
    }
    const queue = (name: string): Queue => {
      // Its commands are asked for by requests: they fail soon, as all others do. A connection that BullMQ is given it does not close.
      const connection = redis.duplicate();
      connection.on('error', () => undefined);
      store.#connections.push(connection);
      const made = new bullmq.Queue(name, { prefix: REDIS_PREFIX, connection });
      made.on('error', () => undefined);
      return made;
    };
    store.#jobs = queue('serve-jobs');
    store.#webhooks = queue('serve-webhooks');
    return store;
  }

  async add(order: JobOrder, images: ReadonlyMap<number, Uint8Array>): Promise<Job> {
    const { most, mostBytes } = this.settings;
    return this.#asking(async () => {
      const admitted = await this.#run(
        'ofxAdmit',
        [PENDING_KEY, BYTES_KEY, jobKey(order.id), imagesKey(order.id)],
        [
          order.id,
          bytesOf(order),
          most,
          mostBytes,
          JSON.stringify(order),
          ...[...images].flatMap(([index, bytes]) => [index, Buffer.from(bytes)]),
        ],
      );
      if (admitted !== 1) throw noRoom();
      await this.#enqueue(order.id);
      return { ...order, state: 'queued', starts: 0, results: [] };
    });
  }

  async get(id: string): Promise<Job | undefined> {
    return this.#asking(async () => {
      const fields = await this.redis.hgetall(jobKey(id));
      return fields['order'] === undefined ? undefined : jobOf(fields as Fields);
    });
  }

  async image(id: string, index: number): Promise<Uint8Array | undefined> {
    return (await this.redis.hgetBuffer(imagesKey(id), String(index))) ?? undefined;
  }

  async begin(id: string): Promise<boolean> {
    return (await this.#run('ofxBegin', [jobKey(id)], [new Date().toISOString()])) === 1;
  }

  async addResult(id: string, index: number, result: PredictResult): Promise<boolean> {
    return (await this.#run('ofxResult', [jobKey(id)], [`r${index}`, JSON.stringify(result)])) === 1;
  }

  async end(id: string, state: JobState, error?: JobError): Promise<boolean> {
    const { expiryMs } = this.settings;
    const now = Date.now();
    return this.#asking(async () => {
      const ended = await this.#run(
        'ofxEnd',
        [PENDING_KEY, BYTES_KEY, jobKey(id), imagesKey(id)],
        [
          id,
          state,
          new Date(now).toISOString(),
          new Date(now + expiryMs).toISOString(),
          expiryMs,
          error ? JSON.stringify(error) : '',
        ],
      );
      return ended === 1;
    });
  }

  async remove(id: string): Promise<void> {
    await this.#asking(() => this.redis.del(jobKey(id)));
  }

  async setNotification(id: string, notification: Notification): Promise<void> {
    await this.#run('ofxField', [jobKey(id)], ['notification', JSON.stringify(notification)]);
  }

  async notifyLater(id: string): Promise<void> {
    await this.#webhooks.add(
      'webhook',
      {},
      {
        jobId: id,
        attempts: WEBHOOK_ATTEMPTS,
        backoff: { type: 'exponential', delay: this.settings.webhookRetryMs },
        removeOnComplete: true,
        removeOnFail: true,
      },
    );
  }

  async counts(): Promise<JobCounts> {
    const {
      active = 0,
      waiting = 0,
      delayed = 0,
      prioritized = 0,
    } = await this.#jobs.getJobCounts('active', 'waiting', 'delayed', 'prioritized');
    return { running: active, queued: waiting + delayed + prioritized };
  }

  start(handlers: JobHandlers, atOnce: number): void {
    const { Worker, WaitingError } = this.bullmq;
    const connection = { url: this.url, maxRetriesPerRequest: null };
    const common = { prefix: REDIS_PREFIX, connection, lockDuration: LOCK_MS, stalledInterval: STALLED_MS };
    const { signal } = this.#stopping;
    const work = async ({ id }: QueueJob, token?: string, job?: QueueJob): Promise<void> => {
      try {
        await handlers.work(id!, signal);
      } catch (error) {
        if (!(error instanceof GivenBack)) throw error;
        await job?.moveToWait(token);
        throw new WaitingError();
      }
    };
    const jobs = new Worker('serve-jobs', async (job, token) => work(job, token, job), {
      ...common,
      concurrency: atOnce,
      maxStalledCount: MOST_STALLS,
    });
    jobs.on('failed', (job, error) => {
      if (job?.id === undefined) return;
      this.log.error({ job: job.id, err: error }, 'A job cannot be worked on.');
      void this.end(job.id, 'failed', { code: 'INTERNAL', message: error.message }).catch(() => undefined);
    });
    const webhooks = new Worker('serve-webhooks', async ({ id }) => handlers.notify(id!), {
      ...common,
      concurrency: 4,
    });
    this.#workers.push(jobs, webhooks);
    // What goes wrong with the connection is logged once, by the one that all share.
    for (const worker of this.#workers) worker.on('error', () => undefined);
    const reconcile = (): void => void this.#reconcile().catch(() => undefined);
    this.#reconciling = setInterval(reconcile, RECONCILE_MS).unref();
    reconcile();
  }

  async close(): Promise<number> {
    this.#stopping.abort();
    clearInterval(this.#reconciling);
    const closing = Promise.all([
      ...this.#workers.map((worker) => worker.close()),
      this.#jobs.close(),
      this.#webhooks.close(),
    ]);
    // A Redis that is gone must not keep us.
    await Promise.race([closing, this.#untilUnreachable()]).catch(() => undefined);
    for (const connection of this.#connections) connection.disconnect();
    return 0;
  }

  async #untilUnreachable(): Promise<void> {
    while (this.redis.status === 'ready') await sleep(100, undefined, { ref: false });
    await sleep(1000, undefined, { ref: false });
  }

  /** Jobs that were taken in and then not put into the queue, or that the queue lost. */
  async #reconcile(): Promise<void> {
    for (const id of await this.redis.hkeys(PENDING_KEY)) await this.#enqueue(id);
  }

  /** What is there already stays as it is. */
  async #enqueue(id: string): Promise<void> {
    await this.#jobs.add('job', {}, { jobId: id, removeOnComplete: true, removeOnFail: true });
  }

  async #run(
    name: keyof typeof SCRIPTS,
    keys: string[],
    values: (string | number | Buffer)[],
  ): Promise<unknown> {
    type Command = (...given: (string | number | Buffer)[]) => Promise<unknown>;
    const command = (this.redis as unknown as Record<string, Command>)[name]!;
    return command.call(this.redis, ...keys, ...values);
  }

  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof OfxError) throw error;
      throw new OfxError('QUEUE_UNAVAILABLE', 'The store of jobs does not answer.', {
        suggestion: 'Try again in a few seconds.',
        cause: error,
      });
    }
  }
}

function jobOf(fields: Fields): Job {
  const { order, state, starts, startedAt, endedAt, expiresAt, error, notification } = fields;
  const parsed = JSON.parse(order) as JobOrder;
  const results: PredictResult[] = [];
  for (let index = 0; fields[`r${index}`] !== undefined; index++)
    results.push(JSON.parse(fields[`r${index}`]!) as PredictResult);
  return {
    ...parsed,
    state,
    starts: Number(starts),
    results,
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(error !== undefined && { error: JSON.parse(error) as JobError }),
    ...(notification !== undefined && { notification: JSON.parse(notification) as Notification }),
  };
}
