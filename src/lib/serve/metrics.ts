import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from '../core/errors.js';
import type { Prediction } from '../predict/result.js';
import type { ModelIdentity } from '../model/network.js';
import { OFX_VERSION } from '../core/version.js';
import type { AnalysisPool } from './analysis-pool.js';

/** From a cached answer to an image that waited through the longest queue, in seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30];

const STAGES = ['decode', 'preprocess', 'inference', 'postprocess', 'encode'] as const;

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

  constructor(pool: AnalysisPool, model: ModelIdentity) {
    collectDefaultMetrics({ register: this.registry });
    this.#info(model);
    const gauges: [string, string, () => number][] = [
      ['ofx_queue_depth', 'Images that wait for a worker', () => pool.state.waiting],
      ['ofx_running', 'Images that workers have', () => pool.state.running],
      ['ofx_workers_ready', 'Workers that can take an image', () => pool.state.ready],
      ['ofx_workers_resident_memory_bytes', 'Resident memory of all workers together', () => pool.state.rss],
    ];
    for (const [name, help, read] of gauges) {
      new Gauge({
        name,
        help,
        collect() {
          this.set(read());
        },
        ...this.#registers,
      });
    }
    new Gauge({
      name: 'ofx_worker_restarts_total',
      help: 'Workers that were replaced, by reason',
      labelNames: ['reason'],
      collect() {
        const { crashed, recycled } = pool.state.restarts;
        this.set({ reason: 'crashed' }, crashed);
        this.set({ reason: 'recycled' }, recycled);
      },
      ...this.#registers,
    });
  }

  answered(request: { method: string; route: string; status: number; milliseconds: number }): void {
    const { method, route, status, milliseconds } = request;
    this.#requests.inc({ method, route, status });
    this.#requestSeconds.observe({ route }, milliseconds / 1000);
  }

  failed(code: ErrorCode): void {
    this.#errors.inc({ code });
  }

  /** @param milliseconds - from the end of the upload to the result */
  predicted({ score, tampered, timingsMs, model }: Prediction, milliseconds: number): void {
    for (const stage of STAGES) this.#stages.observe({ stage }, timingsMs[stage] / 1000);
    this.#stages.observe({ stage: 'queue' }, Math.max(0, milliseconds - timingsMs.total) / 1000);
    this.#inference.observe({ model: model.name, size: model.inputSize }, timingsMs.inference / 1000);
    this.#scores.observe(score);
    this.#verdicts.inc({ verdict: tampered ? 'tampered' : 'authentic' });
  }

  #info({ name, version, sha256, inputSize, precision }: ModelIdentity): void {
    new Gauge({
      name: 'ofx_model_info',
      help: 'The server’s own model; always 1',
      labelNames: ['ofx', 'name', 'version', 'sha256', 'input_size', 'precision'],
      ...this.#registers,
    }).set({ ofx: OFX_VERSION, name, version, sha256, input_size: inputSize, precision }, 1);
  }
}
