import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { OfxError } from '../core/errors.js';
import type { Row } from './row.js';
import type { Scorer } from './scorer.js';
import type { ShardOutcome } from './shards.js';
import { storageRetries } from './store/retry.js';

/** Of one image, decoding included. */
const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30, 60, 300];

/** What Prometheus can scrape of a worker while it works. */
export class WorkerMetrics {
  readonly registry = new Registry();
  readonly #registers = { registers: [this.registry] };
  readonly #images = new Counter({
    name: 'ofx_batch_images_total',
    help: 'Images that were looked at, by verdict or error code',
    labelNames: ['outcome'],
    ...this.#registers,
  });
  readonly #shards = new Counter({
    name: 'ofx_batch_shards_total',
    help: 'Shards that ended here: published, already (another worker was first), given-back',
    labelNames: ['state'],
    ...this.#registers,
  });
  readonly #seconds = new Histogram({
    name: 'ofx_batch_image_seconds',
    help: 'Time of one image, decoding included',
    buckets: SECONDS,
    ...this.#registers,
  });
  readonly #published = new Gauge({
    name: 'ofx_batch_worker_last_publish_timestamp_seconds',
    help: 'When this worker published a shard last',
    ...this.#registers,
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    const retries = new Counter({
      name: 'ofx_batch_storage_retries_total',
      help: 'Times that the storage failed and was asked again',
      ...this.#registers,
      collect: () => {
        retries.reset();
        retries.inc(storageRetries());
      },
    });
  }

  /** The processes of a scorer, which are known when it is. */
  watch(scorer: Scorer): void {
    const restarts = new Gauge({
      name: 'ofx_batch_process_restarts',
      help: 'Processes that were replaced: crashed (died, or were ended for an image), recycled (had hoarded memory)',
      labelNames: ['reason'],
      ...this.#registers,
      collect: () => {
        for (const [reason, count] of Object.entries(scorer.state?.restarts ?? {}))
          restarts.set({ reason }, count);
      },
    });
    const memory = new Gauge({
      name: 'ofx_batch_process_bytes',
      help: 'Resident memory of the scoring processes',
      ...this.#registers,
      collect: () => {
        memory.set(scorer.state?.rss ?? 0);
      },
    });
  }

  readonly onImage = ({ verdict, errorCode, milliseconds }: Row): void => {
    this.#images.inc({ outcome: errorCode ?? verdict ?? 'unknown' });
    if (milliseconds !== null) this.#seconds.observe(milliseconds / 1000);
  };

  readonly onShard = (_shard: number, outcome: ShardOutcome): void => {
    this.#shards.inc({ state: outcome });
    if (outcome === 'published') this.#published.setToCurrentTime();
  };

  /**
   * Answers GET /metrics, until it is closed.
   *
   * @throws {OfxError} ADDRESS_UNAVAILABLE
   */
  async serve(host: string, port: number): Promise<Server> {
    const server = createServer((request, response) => {
      if (request.url !== '/metrics' || request.method !== 'GET') {
        response.writeHead(404).end();
        return;
      }
      void this.registry.metrics().then((text) => {
        response.writeHead(200, { 'content-type': this.registry.contentType }).end(text);
      });
    });
    try {
      server.listen(port, host);
      await once(server, 'listening');
    } catch (error) {
      throw new OfxError(
        'ADDRESS_UNAVAILABLE',
        `Port ${port} of ${host} cannot be used: ${(error as Error).message}.`,
        {
          suggestion: 'Choose another one with --metrics-port.',
          cause: error,
        },
      );
    }
    // Who does not scrape must not keep the worker.
    server.unref();
    return server;
  }
}
