import type { PredictResult } from '../../predict/result.js';
import {
  bytesOf,
  ENDED,
  type Job,
  type JobError,
  type JobOrder,
  type JobState,
  type Notification,
} from './job.js';
import { noRoom } from './no-room.js';
import { WEBHOOK_ATTEMPTS, type JobSettings } from './settings.js';
import { GivenBack, type JobCounts, type JobHandlers, type JobStore } from './store.js';

interface Entry {
  job: Job;
  images: Map<number, Uint8Array>;
}

/** Ended jobs that are kept; the oldest of more are forgotten before their time. */
const MOST_ENDED = 1000;

const SWEEP_MS = 30_000;

/** Jobs of this process, which are gone with it. */
export class MemoryJobStore implements JobStore {
  readonly #entries = new Map<string, Entry>();
  readonly #queue: string[] = [];
  readonly #stopping = new AbortController();
  readonly #active = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #sweep = setInterval(() => {
    this.#forget();
  }, SWEEP_MS).unref();
  #handlers: JobHandlers | undefined;
  #atOnce = 0;
  #bytes = 0;

  constructor(private readonly settings: JobSettings) {}

  async add(order: JobOrder, images: ReadonlyMap<number, Uint8Array>): Promise<Job> {
    const { queued, running } = await this.counts();
    const bytes = bytesOf(order);
    if (queued + running >= this.settings.most || this.#bytes + bytes > this.settings.mostBytes)
      throw noRoom();
    this.#bytes += bytes;
    const job: Job = { ...order, state: 'queued', starts: 0, results: [] };
    this.#forget();
    this.#entries.set(order.id, { job, images: new Map(images) });
    this.#queue.push(order.id);
    const taken = { ...job };
    this.#handOut();
    return taken;
  }

  get(id: string): Promise<Job | undefined> {
    const job = this.#entries.get(id)?.job;
    return Promise.resolve(job && !isExpired(job) ? job : undefined);
  }

  image(id: string, index: number): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#entries.get(id)?.images.get(index));
  }

  begin(id: string): Promise<boolean> {
    const job = this.#pending(id);
    if (!job) return Promise.resolve(false);
    job.state = 'running';
    job.starts++;
    job.startedAt ??= new Date().toISOString();
    return Promise.resolve(true);
  }

  addResult(id: string, index: number, result: PredictResult): Promise<boolean> {
    const job = this.#pending(id);
    if (job) job.results[index] = result;
    return Promise.resolve(job !== undefined);
  }

  end(id: string, state: JobState, error?: JobError): Promise<boolean> {
    const entry = this.#entries.get(id);
    const job = this.#pending(id);
    if (!entry || !job) return Promise.resolve(false);
    const now = Date.now();
    Object.assign(job, {
      state,
      error,
      endedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + this.settings.expiryMs).toISOString(),
    });
    entry.images.clear();
    this.#bytes -= bytesOf(job);
    // Last in the order of the map, so that the first of it are those that ended first.
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    const place = this.#queue.indexOf(id);
    if (place !== -1) this.#queue.splice(place, 1);
    return Promise.resolve(true);
  }

  remove(id: string): Promise<void> {
    this.#entries.delete(id);
    return Promise.resolve();
  }

  setNotification(id: string, notification: Notification): Promise<void> {
    const job = this.#entries.get(id)?.job;
    if (job) job.notification = notification;
    return Promise.resolve();
  }

  notifyLater(id: string): Promise<void> {
    this.#notify(id, 1);
    return Promise.resolve();
  }

  #notify(id: string, attempt: number): void {
    this.#track(
      (this.#handlers?.notify(id) ?? Promise.resolve()).catch(() => {
        if (attempt >= WEBHOOK_ATTEMPTS || this.#stopping.signal.aborted) return;
        const timer = setTimeout(
          () => {
            this.#timers.delete(timer);
            this.#notify(id, attempt + 1);
          },
          this.settings.webhookRetryMs * 2 ** (attempt - 1),
        ).unref();
        this.#timers.add(timer);
      }),
    );
  }

  counts(): Promise<JobCounts> {
    const counts = { queued: 0, running: 0 };
    for (const { job } of this.#entries.values())
      if (job.state === 'queued' || job.state === 'running') counts[job.state]++;
    return Promise.resolve(counts);
  }

  start(handlers: JobHandlers, atOnce: number): void {
    this.#handlers = handlers;
    this.#atOnce = atOnce;
    this.#handOut();
  }

  async close(): Promise<number> {
    this.#stopping.abort();
    clearInterval(this.#sweep);
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#active);
    const { queued, running } = await this.counts();
    return queued + running;
  }

  #pending(id: string): Job | undefined {
    const job = this.#entries.get(id)?.job;
    return job && !ENDED.includes(job.state) ? job : undefined;
  }

  #working = 0;

  #handOut(): void {
    const { signal } = this.#stopping;
    while (this.#handlers && !signal.aborted && this.#working < this.#atOnce) {
      const id = this.#queue.shift();
      if (id === undefined) return;
      this.#working++;
      const work = this.#handlers
        .work(id, signal)
        .catch(async (error: unknown) => {
          if (error instanceof GivenBack) return;
          await this.end(id, 'failed', { code: 'INTERNAL', message: String(error) });
        })
        .finally(() => {
          this.#working--;
          this.#handOut();
        });
      this.#track(work);
    }
  }

  #track(work: Promise<void>): void {
    this.#active.add(work);
    void work.finally(() => this.#active.delete(work));
  }

  #forget(): void {
    const ended = [...this.#entries].filter(([, { job }]) => ENDED.includes(job.state));
    const surplus = ended.length - MOST_ENDED;
    for (const [place, [id, { job }]] of ended.entries()) {
      if (isExpired(job) || place < surplus) this.#entries.delete(id);
    }
  }
}

function isExpired({ expiresAt }: Job): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();
}
