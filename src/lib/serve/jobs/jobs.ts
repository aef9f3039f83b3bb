import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { OfxError } from '../../core/errors.js';
import { NO_HOSTS } from '../outbound/allowed-hosts.js';
import type { JobHost } from './host.js';
import { PENDING, type Job, type JobOrder } from './job.js';
import { MemoryJobStore } from './memory-store.js';
import { JobMetrics } from './metrics.js';
import { RedisJobStore } from './redis-store.js';
import { JobRunner } from './runner.js';
import { JOB_DEFAULTS, type JobSettings } from './settings.js';
import type { JobStore } from './store.js';

/** What the routes know of jobs. */
export class Jobs {
  #closed: Promise<void> | undefined;

  private constructor(
    readonly settings: JobSettings,
    private readonly store: JobStore,
    private readonly runner: JobRunner,
    private readonly metrics: JobMetrics,
    private readonly host: JobHost,
  ) {}

  /** @param redis - where jobs are kept; without, in this process */
  static async open(host: JobHost, redis: Redis | undefined): Promise<Jobs> {
    const { jobs, concurrency } = host.options;
    const settings: JobSettings = {
      ...JOB_DEFAULTS,
      imageHosts: NO_HOSTS,
      webhookHosts: NO_HOSTS,
      webhookKeys: [],
      ...jobs,
    };
    const store = redis
      ? await RedisJobStore.open(redis, host.options.redis!, settings, host.log)
      : new MemoryJobStore(settings);
    const metrics = new JobMetrics(host.metrics.registry, () => store.counts());
    const runner = new JobRunner(host, store, settings, metrics);
    store.start(runner, concurrency);
    return new Jobs(settings, store, runner, metrics, host);
  }

  /** @throws {OfxError} OVERLOADED, QUEUE_UNAVAILABLE */
  async add(
    order: Omit<JobOrder, 'id' | 'createdAt'>,
    images: ReadonlyMap<number, Uint8Array>,
  ): Promise<Job> {
    return this.store.add({ id: randomUUID(), createdAt: new Date().toISOString(), ...order }, images);
  }

  /** @throws {OfxError} JOB_NOT_FOUND, also for a job of somebody else */
  async get(id: string, owner: string): Promise<Job> {
    const job = await this.store.get(id);
    if (!job || job.owner !== owner) {
      throw new OfxError('JOB_NOT_FOUND', 'There is no job with this id.', {
        suggestion: 'Ended jobs are forgotten after a time: expiresAt says when.',
      });
    }
    return job;
  }

  /**
   * Cancels a job that has not ended, and forgets one that has.
   *
   * @returns the cancelled job
   * @throws {OfxError} as `get`
   */
  async cancel(id: string, owner: string): Promise<Job | undefined> {
    const { state } = await this.get(id, owner);
    if (PENDING.includes(state) && (await this.store.end(id, 'cancelled'))) {
      this.runner.cancel(id);
      this.metrics.ended('cancelled');
      return this.get(id, owner);
    }
    await this.store.remove(id);
    return undefined;
  }

  /** Works on no more, and gives back what it has once its image is done. */
  close(): Promise<void> {
    this.#closed ??= this.store.close().then((lost) => {
      if (lost > 0) this.host.log.warn({ jobs: lost }, 'Jobs that were in memory are lost.');
    });
    return this.#closed;
  }
}
