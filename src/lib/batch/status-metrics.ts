import { Gauge, Registry } from 'prom-client';
import type { BatchStatus } from './result.js';

/** How a run stands, in the text format of Prometheus: to be scraped, or for a textfile collector. */
export async function statusMetrics(status: BatchStatus): Promise<string> {
  const registry = new Registry();
  const gauge = (
    name: string,
    help: string,
    values: Readonly<Record<string, number | null>>,
    label?: string,
  ): void => {
    const metric = new Gauge({
      name,
      help,
      labelNames: ['run', ...(label === undefined ? [] : [label])],
      registers: [registry],
    });
    for (const [key, value] of Object.entries(values)) {
      if (value !== null)
        metric.set({ run: status.run, ...(label !== undefined && { [label]: key }) }, value);
    }
  };
  const { images, imagesDone, shards, shardsDone, errors, active, oldestActive, queue } = status;
  gauge(
    'ofx_batch_run_images',
    'Images of the run',
    { done: imagesDone, missing: images - imagesDone },
    'state',
  );
  gauge(
    'ofx_batch_run_shards',
    'Shards of the run',
    { done: shardsDone, missing: shards - shardsDone },
    'state',
  );
  gauge('ofx_batch_run_errors', 'Images that could not be scored, by code', errors, 'code');
  gauge('ofx_batch_run_active_shards', 'Shards that workers have', { all: active });
  gauge('ofx_batch_run_oldest_shard_seconds', 'How long a worker has had the oldest of them', {
    oldest: oldestActive?.seconds ?? 0,
  });
  gauge('ofx_batch_run_images_per_second', 'By the parts of the last ten minutes', {
    rate: status.imagesPerSecond,
  });
  gauge('ofx_batch_run_last_publish_timestamp_seconds', 'When a part was published last', {
    last: status.lastPublishedAt === null ? null : Date.parse(status.lastPublishedAt) / 1000,
  });
  if (queue) gauge('ofx_batch_queue_shards', 'Shards in the queue', queue, 'state');
  return registry.metrics();
}
