import { setMaxListeners } from 'node:events';
import type { Transferable } from 'node:worker_threads';
import { fromPlainError, OfxError } from '../core/errors.js';
import type { WorkerMessage } from './tasks.js';
import type { PoolWorker, StartWorker } from './start.js';

export interface WorkerPoolOptions {
  /** Threads or processes. */
  start: StartWorker;
  /** What the workers run: a file that calls `answerTasks`. */
  file: string;
  workerData?: unknown;
  /** Workers, and so tasks at once. */
  size: number;
  /**
   * Asked after each task; `true` ends the worker that did it and starts a fresh one. One worker at a time is replaced,
   * so that the others keep working.
   */
  isSpent?: (worker: WorkerHistory) => boolean;
  /**
   * How long to wait, in milliseconds, before another is started for a worker that could not load; doubled with each that
   * cannot, up to a minute. [1000]
   */
  pauseMs?: number;
  /** Told when a worker ended that was not asked to. */
  onEnd?: (end: WorkerEnd) => void;
  /** Ends a worker that has one task for so long. Not for threads in native code, see {@link WorkerPool}. [never] */
  longestTaskMs?: number;
  /** Ends a process that has a task and more resident memory than this, in bytes; told by Linux only. [no limit] */
  mostRss?: number;
}

/** Why a worker was lost with its task: it died by itself or from outside, or the pool ended it. */
export type LossReason = 'died' | 'overdue' | 'oversized';

/** A task that took its worker along, or was ended with it. */
export class TaskLost extends OfxError {
  constructor(
    readonly reason: LossReason,
    cause: unknown,
  ) {
    super('WORKER_LOST', LOSSES[reason], {
      suggestion: 'Try again; if it happens every time, please report it.',
      cause,
    });
  }
}

const ENDED_FOR: Record<LossReason, string> = {
  died: 'it died',
  overdue: 'it had one task for too long',
  oversized: 'it took too much memory',
};

const LOSSES: Record<LossReason, string> = {
  died: 'The worker that had this task died of it.',
  overdue: 'The worker had this task for too long and was ended.',
  oversized: 'The worker took too much memory for this task and was ended.',
};

export interface WorkerHistory {
  tasksDone: number;
  /** Resident memory of the worker's process, in bytes. */
  rss: number;
}

/** Why a worker is no more, and what follows. */
export type WorkerEnd =
  /** It died, with a task or without; another is started at once. */
  | { kind: 'crashed'; reason: string; hadTask: boolean }
  /** It had done its share. */
  | { kind: 'recycled'; tasksDone: number }
  /** It could not load; the next try comes after a pause. */
  | { kind: 'unusable'; error: OfxError; retryMs: number };

export interface TaskOptions {
  /** Buffers that move to a thread instead of being copied. */
  transfer?: readonly Transferable[];
  /** Takes a waiting task out of the queue. A task that runs is left to end, and its reply dropped. */
  signal?: AbortSignal | undefined;
}

interface Job {
  task: unknown;
  transfer: readonly Transferable[];
  resolve: (reply: unknown) => void;
  reject: (error: unknown) => void;
  /** Aborted: nobody waits for the reply. */
  abandoned: boolean;
}

interface Member extends WorkerHistory {
  worker: PoolWorker;
  /** Loaded, so that a task given to it starts at once. */
  ready: boolean;
  /** Why it could not load. */
  failure?: OfxError | undefined;
  job?: Job | undefined;
  overdue?: NodeJS.Timeout | undefined;
  /** Why the pool ended it under its task. */
  ended?: LossReason | undefined;
  retired: boolean;
  exited: Promise<void>;
}

/** Loading costs a second of processor time or more: a network that cannot be opened must not take all of it. */
const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** How often memory is looked at, in milliseconds: a decoder takes a gigabyte in about a second. */
const WATCH_MS = 250;

/**
 * Workers that each do one task at a time, first come first served.
 *
 * A worker that dies takes its own task with it and no other: what waits stays in the queue for the worker that replaces
 * it. One that cannot even load is tried again after a pause that grows; while there is no other, tasks fail at once, for the same
 * reason. No thread is ended while it works, whatever is aborted: ONNX Runtime's binding takes the whole process down when
 * its thread is terminated under an inference (uncaught `Napi::Error`, about one time in ten).
 */
export class WorkerPool<Task, Reply> {
  readonly #members = new Set<Member>();
  readonly #queue: Job[] = [];
  readonly #askers = new Set<() => void>();
  readonly #options: WorkerPoolOptions;
  #closed = false;
  #crashed = 0;
  #recycled = 0;
  #failure: OfxError | undefined;
  /** Workers in a row that could not load. */
  #failures = 0;
  #pause: NodeJS.Timeout | undefined;
  readonly #watch: NodeJS.Timeout | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    if (options.mostRss !== undefined) {
      this.#watch = setInterval(() => {
        this.#endOversized(options.mostRss!);
      }, WATCH_MS).unref();
    }
    this.#fill();
  }

  /** Tasks that wait for a worker. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Tasks that a worker has. */
  get running(): number {
    return this.#count(({ job }) => job !== undefined);
  }

  /** Workers that a task can be given to, now or when they have done the one they have. */
  get ready(): number {
    return this.#count(({ ready, retired }) => ready && !retired);
  }

  /** Workers that died, and workers that were replaced as spent. */
  get restarts(): { crashed: number; recycled: number } {
    return { crashed: this.#crashed, recycled: this.#recycled };
  }

  /** Resident memory of all workers that are processes, as of their last task, in bytes. */
  get rss(): number {
    return [...this.#members].reduce((sum, { rss }) => sum + rss, 0);
  }

  /** Why the last worker that was started could not load; undefined where it could. */
  get failure(): OfxError | undefined {
    return this.#failure;
  }

  /**
   * @throws {OfxError} WORKER_LOST where the worker died of the task; why no worker can be loaded; what the task threw;
   *   the signal's reason
   */
  async run(task: Task, { transfer = [], signal }: TaskOptions = {}): Promise<Reply> {
    signal?.throwIfAborted();
    if (this.#closed) throw new Error('The pool is closed.');
    if (this.#failure && this.#members.size === 0) throw this.#failure;
    const { promise, job, stopListening } = this.#jobFor(task, transfer, signal);
    this.#queue.push(job);
    this.#fill();
    this.#assign();
    try {
      return (await promise) as Reply;
    } finally {
      stopListening();
    }
  }

  /** Resolves once all workers are ready. @throws {OfxError} why one cannot be used */
  async allReady(): Promise<void> {
    await this.#until(() => this.#failure ?? this.ready === this.#options.size);
  }

  /** Resolves once no task runs or waits. */
  async idle(): Promise<void> {
    await this.#until(() => this.running === 0 && this.waiting === 0);
  }

  /** @param holds - asked after everything that happens to a worker or a task, until it is true or gives an error */
  async #until(holds: () => boolean | OfxError): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const ask = (): void => {
        const answer = holds();
        if (answer === false) return;
        this.#askers.delete(ask);
        if (answer === true) resolve();
        else reject(answer);
      };
      this.#askers.add(ask);
      ask();
    });
  }

  #changed(): void {
    for (const ask of [...this.#askers]) ask();
  }

  /**
   * Ends all workers as soon as they are done with the task they have; tasks that wait are rejected.
   *
   * @param graceMs - processes that are not done by then are killed; not for threads, see above
   */
  async close(graceMs?: number): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#pause);
    clearInterval(this.#watch);
    for (const job of this.#queue.splice(0)) job.reject(new Error('The pool was closed.'));
    for (const { job, ready, worker } of this.#members) {
      const isAwaited = job !== undefined && !job.abandoned;
      // A thread that loads is in native code as well: it goes when it is ready.
      const isFree = worker.killable || (ready && !job);
      if (!isAwaited && isFree) worker.kill();
    }
    const kill = (): void => {
      for (const { worker } of this.#members) worker.kill();
    };
    const end = graceMs === undefined ? undefined : setTimeout(kill, graceMs);
    await Promise.all([...this.#members].map(({ exited }) => exited));
    clearTimeout(end);
  }

  #count(has: (member: Member) => boolean): number {
    return [...this.#members].filter(has).length;
  }

  #jobFor(
    task: Task,
    transfer: readonly Transferable[],
    signal: AbortSignal | undefined,
  ): { promise: Promise<unknown>; job: Job; stopListening: () => void } {
    let job!: Job;
    const promise = new Promise<unknown>((resolve, reject) => {
      job = { task, transfer, resolve, reject, abandoned: false };
    });
    const onAbort = (): void => {
      const place = this.#queue.indexOf(job);
      if (place !== -1) this.#queue.splice(place, 1);
      this.#changed();
      job.abandoned = true;
      job.reject(signal?.reason);
      // Its worker was spared for the one who waited.
      if (this.#closed)
        for (const member of this.#members)
          if (member.job === job && member.worker.killable) member.worker.kill();
    };
    // One signal stops all tasks of a run: many listeners are no leak.
    if (signal) setMaxListeners(0, signal);
    signal?.addEventListener('abort', onAbort, { once: true });
    return { promise, job, stopListening: () => signal?.removeEventListener('abort', onAbort) };
  }

  /** Starts what is missing of the pool's workers. */
  #fill(): void {
    while (!this.#closed && !this.#pause && this.#members.size < this.#options.size) this.#startOne();
  }

  #startOne(): void {
    const { start, file, workerData } = this.#options;
    const worker = start(file, workerData);
    let exit!: () => void;
    const exited = new Promise<void>((resolve) => {
      exit = resolve;
    });
    const member: Member = {
      worker,
      ready: false,
      tasksDone: 0,
      rss: 0,
      retired: false,
      exited,
    };
    this.#members.add(member);
    worker.onMessage((message) => {
      this.#onMessage(member, message);
      this.#changed();
    });
    worker.onExit((cause) => {
      this.#onExit(member, cause);
      exit();
      this.#changed();
    });
  }

  #assign(): void {
    for (const member of this.#members) {
      if (!member.ready || member.retired || member.job) continue;
      const job = this.#queue.shift();
      if (!job) return;
      member.job = job;
      member.worker.post(job.task, job.transfer);
      const { longestTaskMs } = this.#options;
      if (longestTaskMs !== undefined) {
        member.overdue = setTimeout(() => {
          end(member, 'overdue');
        }, longestTaskMs);
      }
    }
  }

  #endOversized(mostRss: number): void {
    for (const member of this.#members) {
      const rss = member.job && member.worker.rss();
      if (rss !== undefined && rss > mostRss) end(member, 'oversized');
    }
  }

  #onMessage(member: Member, message: WorkerMessage): void {
    if (message.kind === 'unusable') {
      member.failure = fromPlainError(message.error);
      member.worker.kill();
      return;
    }
    if (message.kind === 'ready') {
      member.ready = true;
      this.#failure = undefined;
    } else this.#onDone(member, message);
    if (this.#closed) member.worker.kill();
    else this.#assign();
  }

  #onDone(member: Member, message: Extract<WorkerMessage, { kind: 'reply' | 'error' }>): void {
    const { job, worker } = member;
    clearTimeout(member.overdue);
    member.job = undefined;
    member.tasksDone++;
    // Only by one that was started since: the others are from before.
    if (member.tasksDone === 1) this.#failures = 0;
    member.rss = message.rss;
    if (message.kind === 'reply') job?.resolve(message.reply);
    else job?.reject(fromPlainError(message.error));

    if (this.ready === this.#options.size && this.#options.isSpent?.(member)) {
      member.retired = true;
      worker.kill();
    }
  }

  #onExit(member: Member, cause: unknown): void {
    clearTimeout(member.overdue);
    this.#members.delete(member);
    member.job?.reject(new TaskLost(member.ended ?? 'died', cause));
    if (this.#closed) return;

    if (member.retired) {
      this.#recycled++;
      this.#options.onEnd?.({ kind: 'recycled', tasksDone: member.tasksDone });
      this.#fill();
      return;
    }
    this.#crashed++;
    if (!member.ready) {
      this.#onUnusable(member.failure ?? neverReady(cause));
      return;
    }
    const hadTask = member.job !== undefined;
    const reason = member.ended ? ENDED_FOR[member.ended] : told(cause);
    this.#options.onEnd?.({ kind: 'crashed', reason, hadTask });
    // Gone without having been of any use, and not the first: one a moment would keep a processor busy for nothing.
    if (member.tasksDone === 0 && !hadTask && this.#failures++ > 0) this.#pauseFor(this.#nextPauseMs());
    else this.#fill();
  }

  #onUnusable(failure: OfxError): void {
    this.#failure = failure;
    const retryMs = this.#nextPauseMs();
    this.#options.onEnd?.({ kind: 'unusable', error: failure, retryMs });
    if (this.#members.size === 0) for (const job of this.#queue.splice(0)) job.reject(failure);
    this.#failures++;
    this.#pauseFor(retryMs);
  }

  #nextPauseMs(): number {
    return Math.min(LONGEST_PAUSE_MS, (this.#options.pauseMs ?? PAUSE_MS) * 2 ** this.#failures);
  }

  #pauseFor(ms: number): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#fill();
    }, ms);
  }
}

function told(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'for a reason that it did not tell';
}

function end(member: Member, reason: LossReason): void {
  member.ended = reason;
  member.worker.kill();
}

function neverReady(cause: unknown): OfxError {
  return new OfxError('WORKER_LOST', `A worker ended before it was of use: ${told(cause)}`, {
    suggestion: 'Try again; if it happens every time, please report it.',
    cause,
  });
}
