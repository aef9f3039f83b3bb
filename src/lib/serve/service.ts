import { OfxError } from '../core/errors.js';
import type { Analysis, AnalysisOptions } from '../predict/analyse.js';
import type { ModelIdentity } from '../model/network.js';
import type { AnalysisPool } from './analysis-pool.js';
import type { Redis } from 'ioredis';
import type { JobHost } from './jobs/host.js';
import { Jobs } from './jobs/jobs.js';
import { connectRedis } from './redis.js';
import { Generation } from './generation.js';
import { logWorkerEnd, type Log } from './log.js';
import { ServiceMetrics } from './metrics.js';
import type { WantedNetwork } from './networks.js';
import type { ServeOptions } from './options.js';
import { Quotas } from './quotas/quotas.js';
import type { RequestTrace } from './tracing/request-trace.js';
import { Tracing } from './tracing/tracing.js';
import { UploadReader, type Upload } from './uploads.js';

/** How often the files of the model are looked at, in milliseconds; `/readyz` and `/metrics` look as well. */
const LOOK_MS = 5000;

/** For the last spans, where nothing else is waited for, in milliseconds. */
const SHORTEST_FAREWELL_MS = 200;

/** What the routes work with. */
export class Service {
  readonly uploads: UploadReader;
  readonly metrics = new ServiceMetrics(this);
  /** Shared with other servers, where there is one. */
  redis: Redis | undefined;
  jobs!: Jobs;
  quotas!: Quotas;
  tracing: Tracing | undefined;
  /** Set once no new work is taken. */
  stopping = false;
  /** The model's files on disk are no longer those in use. */
  modelChanged = false;
  #current!: Generation;
  readonly #inService = new WeakSet<AnalysisPool>();
  readonly #retiring = new Map<Generation, Promise<void>>();
  #lastReload: Promise<unknown> = Promise.resolve();
  #look: NodeJS.Timeout | undefined;

  private constructor(
    readonly options: ServeOptions,
    readonly log: Log,
  ) {
    this.uploads = new UploadReader(options.limits.maxBytes);
  }

  /**
   * Loads the server's own network, and begins with the jobs that are there.
   *
   * @throws {OfxError} as `Generation.load`, `connectRedis`
   */
  static async open(options: ServeOptions, log: Log): Promise<Service> {
    const service = new Service(options, log);
    // Before the model: whether they can be had is told at once.
    if (options.otlpEndpoint !== undefined) service.tracing = await Tracing.open(options.otlpEndpoint, log);
    if (options.redis !== undefined) service.redis = await connectRedis(options.redis, log);
    service.quotas = new Quotas(service.redis);
    try {
      service.#take(await service.#load());
      service.jobs = await Jobs.open(jobHost(service), service.redis);
    } catch (error) {
      service.redis?.disconnect();
      throw error;
    }
    service.#look = setInterval(() => void service.lookForChanges(), LOOK_MS).unref();
    return service;
  }

  /** What answers the requests that come now. A request keeps the one that it began with. */
  get current(): Generation {
    return this.#current;
  }

  /** Those whose workers are there: the current one, and those before it that still have something to do. */
  get generations(): Generation[] {
    return [this.#current, ...this.#retiring.keys()];
  }

  /**
   * Loads model, thresholds and tokens again, in new workers, and puts them in the place of the old ones, which end once they
   * have done what they have. One reload at a time; the next waits.
   *
   * @throws {OfxError} RELOAD_FAILED: the old ones stay in service
   */
  async reload(): Promise<{ model: ModelIdentity; notes: readonly string[] }> {
    const reloading = this.#lastReload.then(() => this.#reload());
    this.#lastReload = reloading.catch(() => undefined);
    return reloading;
  }

  /** Tells, once, when the files of the model are no longer those in use. */
  async lookForChanges(): Promise<boolean> {
    const looked = this.#current;
    const changed = await looked.files.changed();
    if (looked !== this.#current) return this.modelChanged;
    if (changed.length > 0 && !this.modelChanged) {
      this.log.warn(
        { files: changed },
        'The model changed on disk. What is in use stays in use until a reload (SIGHUP, or POST /admin/reload).',
      );
    }
    this.modelChanged = changed.length > 0;
    return this.modelChanged;
  }

  /** @param graceMs - workers that are not done by then are killed */
  async close(graceMs = 0): Promise<void> {
    this.stopping = true;
    clearInterval(this.#look);
    const jobs = this.jobs.close();
    // What it loads would be started now, and be in nobody's way to end.
    await this.#lastReload;
    await Promise.all(this.generations.map((generation) => generation.close(graceMs)));
    await jobs;
    await this.tracing?.close(Math.max(SHORTEST_FAREWELL_MS, graceMs));
    this.redis?.disconnect();
  }

  async #load(): Promise<Generation> {
    return Generation.load(this.options, (end, pool) => {
      // One that is still being loaded says so itself, by failing.
      if (!this.#inService.has(pool) || this.stopping) return;
      logWorkerEnd(this.log, end, pool.state.ready, pool.wanted);
      this.metrics.workerEnded(end);
    });
  }

  #take(generation: Generation): void {
    this.#current = generation;
    this.#inService.add(generation.pool);
    this.modelChanged = false;
    this.metrics.setModel(generation.network.identity);
  }

  async #reload(): Promise<{ model: ModelIdentity; notes: readonly string[] }> {
    const old = this.#current;
    let next: Generation | undefined;
    try {
      next = await this.#load();
      await next.pool.allReady();
      if (this.stopping) throw new OfxError('STOPPING', 'The server is being stopped.');
    } catch (error) {
      await next?.close();
      const reason =
        error instanceof OfxError ? error : new OfxError('INTERNAL', String(error), { cause: error });
      this.metrics.reloaded('failed');
      this.log.error(
        { code: reason.code, err: reason },
        `The reload failed, what was in service stays: ${reason.message}`,
      );
      throw new OfxError('RELOAD_FAILED', `What was in service stays. ${reason.message}`, {
        ...(reason.suggestion !== undefined && { suggestion: reason.suggestion }),
        cause: error,
      });
    }
    this.#take(next);
    this.#retiring.set(
      old,
      old.retire().finally(() => this.#retiring.delete(old)),
    );
    const { identity } = next.network;
    this.metrics.reloaded('done');
    this.log.info({ model: identity, before: old.network.identity.sha256 }, 'Reloaded.');
    for (const note of next.notes) this.log.warn(note);
    return { model: identity, notes: next.notes };
  }
}

/** What jobs use of it. */
function jobHost(service: Service): JobHost {
  const { options, log, metrics } = service;
  return {
    options,
    log,
    metrics,
    isStopping: () => service.stopping,
    hasIdleWorker: () => {
      const { waiting, running, ready } = service.current.pool.state;
      return waiting === 0 && running < ready;
    },
    analyse: async (upload, question, signal) => {
      const { current } = service;
      const { scoreThreshold, maskThreshold, minArea, tile } = question;
      const asked = { scoreThreshold, maskThreshold, minArea, tile };
      const network = current.networks.find(question);
      return (await analyseUpload(service, current, upload, network, asked, { signal })).prediction;
    },
  };
}

/** What a request says; where it says nothing, the server's settings hold. */
export type RequestedOptions = Omit<AnalysisOptions, 'minArea'> & { minArea?: number | undefined };

/** Who waits for an image. */
export interface Asker {
  signal: AbortSignal;
  trace?: RequestTrace | undefined;
}

/**
 * One image of a request, from its bytes to the result.
 *
 * @throws {OfxError} what is wrong with the upload; as `AnalysisPool.analyse`
 */
export async function analyseUpload(
  { metrics, options: settings }: Service,
  { pool }: Generation,
  upload: Upload,
  network: WantedNetwork,
  options: RequestedOptions,
  { signal, trace }: Asker,
): Promise<Analysis> {
  if ('error' in upload) throw upload.error;
  const { name, bytes } = upload;
  const { limits, minArea } = settings;
  // A threshold is one of a network: for others the operator said nothing.
  const own: Partial<ServeOptions> = network === 'own' ? settings : {};
  const asked: AnalysisOptions = {
    ...options,
    scoreThreshold: options.scoreThreshold ?? own.scoreThreshold,
    maskThreshold: options.maskThreshold ?? own.maskThreshold,
    minArea: options.minArea ?? minArea ?? 0,
    limits,
  };
  const analyse = () => pool.analyse({ network, name, bytes, options: asked }, signal);
  const analysis = await (trace ? trace.image(analyse) : analyse());
  metrics.predicted(analysis.prediction, analysis.milliseconds);
  return analysis;
}
