import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from 'bullmq';
import { OfxError } from '../../core/errors.js';
import { counted } from '../../text/plural.js';
import { recordFailure } from '../failed.js';
import { partName } from '../part.js';
import type { RunFile } from '../run.js';
import { missingShards, type ShardOutcome, type ShardSource, type TakenShard } from '../shards.js';
import type { Store } from '../store/store.js';
import {
  QUEUE_TIMES,
  queueUnavailable,
  type QueueServer,
  type QueueTimes,
  type ShardJob,
  type ShardWorker,
} from './connect.js';

export interface QueuedShardsOptions {
  /** As people gave it, for messages. */
  url: string;
  /** End where the queue has nothing more, instead of waiting for what is submitted later. */
  untilEmpty: boolean;
  times?: QueueTimes;
  /** How long the queue may be out of reach. */
  patienceMs?: number;
  onNote?: (note: string) => void;
}

/** How often a shard may be started before that is its own fault. */
const MOST_STARTS = 20;

const PATIENCE_MS = 10 * 60_000;

/** Between two looks at the parts while the queue has nothing: listing a bucket costs. */
const LOOK_EVERY_MS = 5000;

/** Between two lines about the same trouble. */
const TELL_EVERY_MS = 30_000;

/** Between attempts at a queue that does not answer. */
const RETRY_MS = 500;

/**
 * Takes shards from a queue by BullMQ. The queue is a cache: whatever it loses, repeats or gives to two workers, the parts
 * say what is done. A shard's lock is renewed here; where it is lost, the shard is left to whoever has it now.
 */
export class QueuedShards implements ShardSource {
  readonly #worker: ShardWorker;
  readonly #times: QueueTimes;
  readonly #token = randomUUID();
  /** One asks at a time: of two that wait, BullMQ would answer one at once with nothing. */
  #asking: Promise<unknown> = Promise.resolve();
  #serial = 0;
  #looked = -Infinity;
  #told = -Infinity;
  #lastError: unknown;
  /** When the queue answered last. */
  #heard = performance.now();

  constructor(
    private readonly server: QueueServer,
    private readonly store: Store,
    private readonly run: RunFile,
    private readonly options: QueuedShardsOptions,
  ) {
    this.#times = options.times ?? QUEUE_TIMES;
    this.#worker = server.worker(this.#times);
    // Without a listener an error would end the process; with a server that shuts down there may be thousands a second.
    this.#worker.on('error', (error) => {
      this.#failed(error);
    });
    void this.#worker.startStalledCheckTimer();
  }

  async next(signal: AbortSignal): Promise<TakenShard | undefined> {
    const mine = this.#asking.then(async () => this.#next(signal));
    this.#asking = mine.catch(() => undefined);
    return mine;
  }

  async #next(signal: AbortSignal): Promise<TakenShard | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const token = `${this.#token}:${this.#serial++}`;
      const job = await this.#ask(token, signal);
      if (job === 'nothing') {
        if (await this.#isOver(signal)) return undefined;
        continue;
      }
      const { shard } = job.data;
      if (await this.store.stat(partName(shard), signal)) {
        await job.moveToCompleted('already', token, false).catch(this.#failed);
        continue;
      }
      if (job.attemptsStarted > MOST_STARTS) {
        const error = new Error(`It was started ${MOST_STARTS} times, and never finished.`);
        await recordFailure(this.store, shard, error, MOST_STARTS);
        // The last attempt, whatever others were allowed.
        job.opts.attempts = 1;
        await job.moveToFailed(error, token, false).catch(this.#failed);
        continue;
      }
      return this.#taken(job, token);
    }
  }

  /** The next job; nothing after about a second without one, also where the queue is out of reach. */
  async #ask(token: string, signal: AbortSignal): Promise<Job<ShardJob> | 'nothing'> {
    const asked = this.#worker.getNextJob(token).then(
      (job) => {
        this.#heard = performance.now();
        return (job as Job<ShardJob> | undefined) ?? ('nothing' as const);
      },
      (error: unknown) => {
        this.#failed(error);
        return 'failed' as const;
      },
    );
    let stop: (() => void) | undefined;
    const gone = new Promise<'aborted'>((resolve) => {
      stop = () => {
        resolve('aborted');
      };
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      for (;;) {
        const first = await Promise.race([
          asked,
          gone,
          sleep(this.#times.stalledMs, 'late' as const, { ref: false }),
        ]);
        if (first === 'aborted') {
          // What comes all the same is somebody else's.
          void asked
            .then((job) => (typeof job === 'string' ? undefined : job.moveToWait(token)))
            .catch(() => undefined);
          throw signal.reason;
        }
        this.#checkPatience();
        if (first === 'late') continue;
        if (first !== 'failed') return first;
        await sleep(RETRY_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
        return 'nothing';
      }
    } finally {
      if (stop) signal.removeEventListener('abort', stop);
    }
  }

  /** Whether there is no more to do. */
  async #isOver(signal: AbortSignal): Promise<boolean> {
    if (performance.now() - this.#looked < LOOK_EVERY_MS) return false;
    this.#looked = performance.now();
    const missing = (await missingShards(this.store, this.run, signal)).length;
    if (missing === 0) return true;
    const counts = await this.#answered(
      this.server.queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized', 'failed'),
    );
    if (!counts) return false;
    const { failed = 0, ...pending } = counts;
    if (Object.values(pending).some((count) => count > 0)) return false;
    const text =
      `The queue is empty, but ${counted(missing, 'shard')} of the run ${missing === 1 ? 'has' : 'have'} no part` +
      (failed > 0 ? `; ${counted(failed, 'shard')} failed.` : '.');
    const suggestion = `Run "ofx batch submit ${this.store.place} --queue ${this.options.url}", then start workers again.`;
    if (this.options.untilEmpty) throw new OfxError('RUN_INCOMPLETE', text, { suggestion });
    this.#tell(`${text} ${suggestion}`);
    return false;
  }

  #taken(job: Job<ShardJob>, token: string): TakenShard {
    const lost = new AbortController();
    const renewal = setInterval(() => void renew(), this.#times.lockMs / 2);
    const renew = async (): Promise<void> => {
      const failed = await this.#answered(
        this.#worker.extendJobLocks([job.id!], [token], this.#times.lockMs),
      );
      if (failed && failed.length > 0) lost.abort(new Error('the lock of the shard was lost'));
    };
    /** Tells the queue; where it is out of reach for too long the parts say it, too. */
    const end = async (tell: () => Promise<unknown>): Promise<void> => {
      clearInterval(renewal);
      if (lost.signal.aborted) return;
      const told = this.#answered(tell());
      await Promise.race([told, sleep(this.options.patienceMs ?? PATIENCE_MS, undefined, { ref: false })]);
    };
    return {
      shard: job.data.shard,
      attempt: job.attemptsStarted,
      lost: lost.signal,
      settle: async (outcome: ShardOutcome) =>
        end(async () =>
          outcome === 'given-back' ? job.moveToWait(token) : job.moveToCompleted(outcome, token, false),
        ),
      fail: async (error) => {
        const attempts = job.attemptsMade + 1;
        if (attempts >= (job.opts.attempts ?? 1))
          await recordFailure(this.store, job.data.shard, error, attempts);
        await end(async () =>
          job.moveToFailed(error instanceof Error ? error : new Error(String(error)), token, false),
        );
      },
    };
  }

  async #answered<T>(asked: Promise<T>): Promise<T | undefined> {
    try {
      const answer = await asked;
      this.#heard = performance.now();
      return answer;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  readonly #failed = (error: unknown): void => {
    this.#lastError = error;
    this.#tell(`The queue: ${(error as Error).message || String((error as { code?: string }).code)}`);
  };

  #tell(note: string): void {
    if (performance.now() - this.#told < TELL_EVERY_MS) return;
    this.#told = performance.now();
    this.options.onNote?.(note);
  }

  #checkPatience(): void {
    const patience = this.options.patienceMs ?? PATIENCE_MS;
    if (performance.now() - this.#heard < patience) return;
    throw queueUnavailable(this.options.url, this.#lastError ?? new Error('it does not answer'));
  }

  async close(): Promise<void> {
    // On PostgreSQL a connection that is still being made would outlive the worker, and keep the process.
    await Promise.race([
      this.#worker.waitUntilReady().catch(() => undefined),
      sleep(RETRY_MS, undefined, { ref: false }),
    ]);
    await this.#worker.close(true);
  }
}
