import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from '../core/errors.js';
import type { Prediction } from '../predict/result.js';
import type { ModelIdentity } from '../model/network.js';
import { OFX_BUILD, OFX_VERSION } from '../core/version.js';
import type { WorkerEnd } from '../workers/pool.js';
import type { AnalysisPool } from './analysis-pool.js';
import type { Generation } from './generation.js';
import type { Quotas } from './quotas/quotas.js';

/** From a cached answer to an image that waited through the longest queue, in seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30];

/** What Prometheus can scrape. One registry a server, so that several can live in one process. */
export class ServiceMetrics {
  readonly registry = new Registry();
  readonly #registers = { registers: [this.registry] };

  readonly #requests = new Counter({
    name: 'ofx_http_requests_total',
    help: 'Requests that were answered',
    labelNames: ['method', 'route', 'status'],
    ...this.#registers,
  });
  readonly #requestSeconds = new Histogram({
    name: 'ofx_http_request_seconds',
    help: 'From the first byte of a request to the last of its answer',
    labelNames: ['route'],
    buckets: SECONDS,
    ...this.#registers,
  });
  readonly #errors = new Counter({
    name: 'ofx_errors_total',
    help: 'Errors that were answered, by their code',
    labelNames: ['code'],
    ...this.#registers,
  });
  readonly #inference = new Histogram({
    name: 'ofx_inference_seconds',
    help: 'Time of one inference inside ONNX Runtime',
    labelNames: ['model', 'size'],
    buckets: SECONDS,
    ...this.#registers,
  });
  readonly #stages = new Histogram({
    name: 'ofx_stage_seconds',
    help: 'Time of one image in each stage; queue is what it waited for a worker',
    labelNames: ['stage'],
    buckets: SECONDS,
    ...this.#registers,
  });
  readonly #scores = new Histogram({
    name: 'ofx_score',
    help: 'Detection scores: a shift of their distribution tells that other images come in, or another model answers',
    buckets: [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1],
    ...this.#registers,
  });
  readonly #verdicts = new Counter({
    name: 'ofx_verdicts_total',
    help: 'Images by verdict',
    labelNames: ['verdict'],
    ...this.#registers,
  });

  readonly #workerRestarts = new Counter({
    name: 'ofx_worker_restarts_total',
    help: 'Workers that ended, by reason: crashed, recycled after their share, or unusable because they could not load',
    labelNames: ['reason'],
    ...this.#registers,
  });
  readonly #reloads = new Counter({
    name: 'ofx_reloads_total',
    help: 'Reloads, by result; after one that failed, what was in service stays',
    labelNames: ['result'],
    ...this.#registers,
  });
  readonly #modelInfo = new Gauge({
    name: 'ofx_model_info',
    help: 'The server’s own model; always 1',
    labelNames: ['ofx', 'build', 'name', 'version', 'sha256', 'input_size', 'precision'],
    ...this.#registers,
  });

  constructor(service: {
    current: Generation;
    generations: Generation[];
    quotas: Quotas;
    lookForChanges: () => Promise<boolean>;
  }) {
    collectDefaultMetrics({ register: this.registry });
    for (const reason of ['crashed', 'recycled', 'unusable'] as const)
      this.#workerRestarts.inc({ reason }, 0);
    for (const result of ['done', 'failed'] as const) this.#reloads.inc({ result }, 0);
    const sum = (read: (pool: AnalysisPool) => number): number =>
      service.generations.reduce((total, { pool }) => total + read(pool), 0);
    const gauges: [string, string, () => number | Promise<number>][] = [
      ['ofx_queue_depth', 'Images that wait for a worker', () => sum(({ state }) => state.waiting)],
      ['ofx_running', 'Images that workers have', () => sum(({ state }) => state.running)],
      ['ofx_workers_ready', 'Workers that can take an image', () => service.current.pool.state.ready],
      ['ofx_workers_wanted', 'Workers that there should be', () => service.current.pool.wanted],
      [
        'ofx_workers_resident_memory_bytes',
        'Resident memory of all workers together',
        () => sum(({ state }) => state.rss),
      ],
      [
        'ofx_model_changed_on_disk',
        '1 where the model’s files on disk are no longer those in use, until a reload',
        async () => Number(await service.lookForChanges()),
      ],
    ];
    this.#countQuotas(service);
    for (const [name, help, read] of gauges) {
      new Gauge({
        name,
        help,
        async collect() {
          this.set(await read());
        },
        ...this.#registers,
      });
    }
  }

  #countQuotas(service: { current: Generation; quotas: Quotas }): void {
    const labelNames = ['token', 'period'] as const;
    new Gauge({
      name: 'ofx_quota_limit_images',
      help: 'Images that a token may send in a period',
      labelNames,
      collect() {
        this.reset();
        for (const { name, quota } of service.current.tokens) {
          if (quota) this.set({ token: name, period: quota.period }, quota.images);
        }
      },
      ...this.#registers,
    });
    new Gauge({
      name: 'ofx_quota_used_images',
      help: 'Images of the current period that a token has sent',
      labelNames,
      async collect() {
        const states = await service.quotas.states(service.current.tokens);
        this.reset();
        for (const { token, quota, used } of states) this.set({ token, period: quota.period }, used);
      },
      ...this.#registers,
    });
  }

  workerEnded({ kind }: WorkerEnd): void {
    this.#workerRestarts.inc({ reason: kind });
  }

  reloaded(result: 'done' | 'failed'): void {
    this.#reloads.inc({ result });
  }

  setModel({ name, version, sha256, inputSize, precision }: ModelIdentity): void {
    this.#modelInfo.reset();
    this.#modelInfo.set(
      { ofx: OFX_VERSION, build: OFX_BUILD, name, version, sha256, input_size: inputSize, precision },
      1,
    );
  }

  answered(request: {
    method: string;
    route: string;
    status: number;
    milliseconds: number;
    isPage: boolean;
  }): void {
    const { method, route, status, milliseconds, isPage } = request;
    this.#requests.inc({ method, route, status });
    if (!isPage) this.#requestSeconds.observe({ route }, milliseconds / 1000);
  }

  failed(code: ErrorCode): void {
    this.#errors.inc({ code });
  }

  /** @param milliseconds - from the end of the upload to the result */
  predicted({ score, verdict, timingsMs, model }: Prediction, milliseconds: number): void {
    const { total, ...stages } = timingsMs;
    for (const [stage, ms] of Object.entries(stages)) this.#stages.observe({ stage }, ms / 1000);
    this.#stages.observe({ stage: 'queue' }, Math.max(0, milliseconds - total) / 1000);
    this.#inference.observe({ model: model.name, size: model.inputSize }, timingsMs.inference / 1000);
    this.#scores.observe(score);
    this.#verdicts.inc({ verdict });
  }
}
