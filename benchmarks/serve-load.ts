/**
 * `ofx serve` under load, beside `ofx bench` on the same model and photos, with as many sessions as the server has workers.
 *
 *     npm run build
 *     npx tsx benchmarks/serve-load.ts MODEL PHOTO_FOLDER [REQUESTS] [ROUNDS] [AT_ONCE] [WORKERS]
 *
 * Only this machine is asked. The two take turns, so that a noisy machine disturbs them alike; only the ratio means
 * anything elsewhere. While the server is loaded, /healthz is asked twenty times a second.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { execa } from 'execa';
import { BINARY, quantile, readPhotos, startServing, type Serving } from './serving.js';

const [model, folder, requests = '2000', rounds = '2', atOnce = '3', workers = '2'] = process.argv.slice(2);
if (model === undefined || folder === undefined) throw new Error('Give a model and a folder of photos.');
const connections = Number(atOnce);
const amount = Math.ceil(Number(requests) / Number(rounds));
const photos = await readPhotos(folder);

/** A run that hangs must end. */
const LONGEST_SECONDS = 1200;
const BENCH_SECONDS = 15;

async function benchThroughput(): Promise<number> {
  const { stdout } = await execa(process.execPath, [
    ...[BINARY, 'bench', '--model', model!, '--images', folder!, '--concurrency', workers],
    ...['--duration', `${BENCH_SECONDS}s`, '--fail-on', 'none', '--json'],
  ]);
  const { configurations } = JSON.parse(stdout) as { configurations: { throughputPerSecond: number }[] };
  return configurations[0]!.throughputPerSecond;
}

interface Load {
  perSecond: number;
  latencies: number[];
  failures: number;
  health: number[];
  memory: number[];
}

async function load({ url, memory }: Serving): Promise<Load> {
  const result: Load = { perSecond: 0, latencies: [], failures: 0, health: [], memory: [] };
  let running = true;
  const watch = async (everyMs: number, look: () => Promise<void>): Promise<void> => {
    while (running) {
      await look();
      await sleep(everyMs);
    }
  };
  const health = watch(50, async () => {
    const started = performance.now();
    await (await fetch(`${url}/healthz`)).text();
    result.health.push(performance.now() - started);
  });
  const size = watch(500, async () => {
    result.memory.push(await memory());
  });

  const started = performance.now();
  const errors = await new Promise<number>((resolve, reject) => {
    const run = autocannon(
      {
        url: `${url}/v1/predict`,
        method: 'POST',
        connections,
        amount,
        timeout: 60,
        requests: photos.map((body) => ({ method: 'POST' as const, body })),
      },
      (error, { errors }) => {
        clearTimeout(giveUp);
        if (error) reject(error as Error);
        else resolve(errors);
      },
    );
    const giveUp = setTimeout(() => {
      run.stop();
    }, LONGEST_SECONDS * 1000);
    run.on('response', (_client, statusCode, _bytes, milliseconds) => {
      result.latencies.push(milliseconds);
      if (statusCode !== 200) result.failures++;
    });
  });
  result.perSecond = result.latencies.length / ((performance.now() - started) / 1000);
  result.failures += errors;
  running = false;
  await Promise.all([health, size]);
  return result;
}

const server = await startServing(['--model', model, '--concurrency', workers]);
const loads: Load[] = [];
const benches: number[] = [];
for (let round = 0; round < Number(rounds); round++) {
  benches.push(await benchThroughput());
  loads.push(await load(server));
  const [bench, { perSecond }] = [benches.at(-1)!, loads.at(-1)!];
  console.log(`round ${round + 1}: bench ${bench.toFixed(2)}/s, serve ${perSecond.toFixed(2)}/s`);
}
const status = await server.stop();

const ratios = loads.map(({ perSecond }, index) => perSecond / benches[index]!);
const latencies = loads.flatMap((one) => one.latencies);
const health = loads.flatMap((one) => one.health);
const memory = loads.flatMap((one) => one.memory);
const quarter = Math.floor(memory.length / 4);
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
console.log(
  `${latencies.length} requests, ${connections} at once, ${workers} workers; failures ${loads.reduce((sum, { failures }) => sum + failures, 0)}`,
);
console.log(`throughput of serve by that of bench: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`);
console.log(
  `latency p50 ${quantile(latencies, 0.5).toFixed(0)} ms, p95 ${quantile(latencies, 0.95).toFixed(0)} ms`,
);
console.log(
  `/healthz p50 ${quantile(health, 0.5).toFixed(1)} ms, p95 ${quantile(health, 0.95).toFixed(1)} ms`,
);
console.log(
  `memory peak ${Math.max(...memory).toFixed(0)} MiB; second quarter ${mean(memory.slice(quarter, 2 * quarter)).toFixed(0)}, ` +
    `last quarter ${mean(memory.slice(-quarter)).toFixed(0)}; exit status ${status}`,
);
