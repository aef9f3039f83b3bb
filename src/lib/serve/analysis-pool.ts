import { OfxError } from '../core/errors.js';
import type { Analysis, AnalysisOptions } from '../predict/analyse.js';
import type { Network } from '../model/network.js';
import type { EffectiveThresholds } from '../model/thresholds.js';
import type { GivenThresholds } from '../model/thresholds-file.js';
import { workerFile } from '../workers/worker-file.js';
import { WorkerPool, type WorkerEnd } from '../workers/pool.js';
import { startProcess } from '../workers/start.js';
import type { NetworkAddress, WantedNetwork } from './networks.js';
import type { ServeOptions } from './options.js';

export interface AnalysisWorkerData {
  own: NetworkAddress;
  /** Those that were in force when the network was loaded; until they are known, those that the worker finds. */
  thresholds?: EffectiveThresholds | undefined;
  /** Those that somebody names for the server's own network. */
  given?: GivenThresholds | undefined;
  threads: number;
  evidence?: readonly string[] | undefined;
}

export type AnalysisTask =
  | { kind: 'describe' }
  | {
      kind: 'analyse';
      network: WantedNetwork;
      name: string;
      bytes: Uint8Array;
      options: AnalysisOptions;
    };

export interface NetworkDescription {
  network: Network;
  /** In force for the network, as the worker found them. */
  thresholds: EffectiveThresholds;
}

export type AnalysisReply =
  ({ kind: 'description' } & NetworkDescription) | ({ kind: 'analysis' } & Analysis);

/**
 * Processes that each take an image from its bytes to the result, by the same `Analyser` as `ofx predict`.
 *
 * Processes, because strangers choose the bytes: whatever a decoder makes of them, a crash costs one request, an image
 * that takes for ever can be stopped, a worker that grew gives its memory back, and the thread that answers requests
 * never computes.
 */
export class AnalysisPool {
  readonly #pool: WorkerPool<AnalysisTask, AnalysisReply>;
  readonly #places: number;
  readonly #size: number;
  /** What workers are started with. */
  readonly #data: AnalysisWorkerData;
  /** Of one image, smoothed. */
  #seconds = 1;

  /** @param onEnd - told of workers that ended by themselves */
  constructor(
    own: NetworkAddress,
    options: ServeOptions & { given: GivenThresholds | undefined },
    onEnd: (end: WorkerEnd, pool: AnalysisPool) => void,
  ) {
    const { given, threads, evidence, concurrency, queue, recycle, deadlineMs } = options;
    this.#data = { own, given, threads, evidence };
    this.#size = concurrency;
    this.#places = concurrency + queue;
    this.#pool = new WorkerPool({
      start: startProcess,
      file: workerFile('./analysis-worker.js', import.meta.url),
      workerData: this.#data,
      onEnd: (end) => {
        onEnd(end, this);
      },
      size: concurrency,
      isSpent: ({ tasksDone, rss }) =>
        tasksDone >= recycle.images || (tasksDone >= FEWEST_IMAGES_OF_A_WORKER && rss > recycle.rss),
      // By then its request has had its answer; twice, so that a slow one is not confused with one that hangs.
      longestTaskMs: 2 * deadlineMs,
    });
  }

  get state(): Pick<
    WorkerPool<AnalysisTask, AnalysisReply>,
    'waiting' | 'running' | 'ready' | 'failure' | 'rss'
  > {
    return this.#pool;
  }

  /** Workers that there should be. */
  get wanted(): number {
    return this.#size;
  }

  /** No place for another request. */
  get full(): boolean {
    return this.#pool.running + this.#pool.waiting >= this.#places;
  }

  /** When to come back after a refusal, in whole seconds. */
  get retryAfter(): number {
    const ahead = this.#pool.running + this.#pool.waiting;
    return Math.max(1, Math.ceil((ahead / this.#size) * this.#seconds));
  }

  /** @throws {OfxError} as `Analyser.open`, where the server's own network cannot be used */
  async describe(): Promise<NetworkDescription> {
    const reply = await this.#pool.run({ kind: 'describe' });
    if (reply.kind !== 'description') throw new TypeError(`Unexpected reply: ${reply.kind}`);
    return reply;
  }

  /**
   * From here on all workers work by the same network and thresholds, those that are started later included.
   *
   * @param own - where they find the network
   */
  pin(own: NetworkAddress, thresholds: EffectiveThresholds): void {
    Object.assign(this.#data, { own, thresholds });
  }

  /** Resolves once every worker is ready; rejects with the reason of the first that cannot be used. */
  async allReady(): Promise<void> {
    await this.#pool.allReady();
  }

  /**
   * @returns the analysis, and the milliseconds from asking for it to having it, waiting included
   * @throws {OfxError} OVERLOADED, WORKER_LOST, MODEL_CORRUPT, as `Analyser.analyse`; the signal's reason once it is aborted
   */
  async analyse(
    task: Omit<Extract<AnalysisTask, { kind: 'analyse' }>, 'kind'>,
    signal: AbortSignal,
  ): Promise<Analysis & { milliseconds: number }> {
    if (this.full) throw this.overloaded();
    const started = performance.now();
    const { thresholds } = task.network === 'own' ? this.#data : {};
    const options = { ...task.options, thresholds };
    const reply = await this.#pool
      .run({ kind: 'analyse', ...task, options }, { signal })
      .catch((error: unknown) => {
        throw modelFault(error);
      });
    if (reply.kind !== 'analysis') throw new TypeError(`Unexpected reply: ${reply.kind}`);
    const { prediction, files, exhibit } = reply;
    this.#seconds += 0.1 * (prediction.timingsMs.total / 1000 - this.#seconds);
    return { prediction, files, ...(exhibit && { exhibit }), milliseconds: performance.now() - started };
  }

  overloaded(): OfxError {
    return new OfxError('OVERLOADED', 'All places are taken.', {
      suggestion: `Try again in ${this.retryAfter} s.`,
    });
  }

  /** Ends it once it has done all that it has. */
  async retire(): Promise<void> {
    await this.#pool.idle();
    await this.close();
  }

  /** @param graceMs - workers that are not done by then are killed */
  async close(graceMs = 0): Promise<void> {
    await this.#pool.close(graceMs);
  }
}

/** A request named a model that we have: that its file is gone is no fault of the request's. */
function modelFault(error: unknown): unknown {
  if (!(error instanceof OfxError) || !['MODEL_NOT_FOUND', 'INPUT_UNREADABLE'].includes(error.code))
    return error;
  return new OfxError('MODEL_CORRUPT', error.message, { cause: error });
}

/** A limit on memory that a worker cannot keep must not make it reload the network for every image. */
const FEWEST_IMAGES_OF_A_WORKER = 20;
