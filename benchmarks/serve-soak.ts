/**
 * Many requests, one after the other in a few lanes: the last tenth takes as long as the first, and as much memory. Before the first tenth a
 * hundredth goes by unmeasured, in which decoders are loaded and caches fill.
 *
 *     npm run build
 *     npx tsx benchmarks/serve-soak.ts [REQUESTS] [LANES] [-- MORE FLAGS OF ofx serve]
 */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { quantile, startServing, Verdicts } from './serving.js';

const given = process.argv.slice(2);
const flags = given.includes('--') ? given.slice(given.indexOf('--') + 1) : [];
const [requests = '20000', lanes = '3'] = given.filter(
  (_, index) => !given.includes('--') || index < given.indexOf('--'),
);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Of the last tenth over the first. */
const MOST = 1.05;

const names = (await readdir(`${ROOT}samples`)).filter((name) => name.endsWith('.jpg'));
const photos = await Promise.all(names.map((name) => readFile(`${ROOT}samples/${name}`)));
const server = await startServing(
  flags.length > 0 ? flags : ['--model', `${ROOT}test/fixtures/models/tiny`, '--size', '64'],
);
const total = Number(requests);
const warm = Math.ceil(total / 100);
const times: number[] = [];
const memory: number[] = [];
let sent = 0;
let failed = 0;

async function lane(): Promise<void> {
  while (sent < total + warm) {
    const index = sent++;
    const started = performance.now();
    const answer = await fetch(`${server.url}/v1/predict`, {
      method: 'POST',
      body: photos[index % photos.length]!,
    });
    await answer.arrayBuffer();
    if (answer.status !== 200) failed++;
    if (index < warm) continue;
    times.push(performance.now() - started);
    if (index % Math.ceil(total / 200) === 0) memory.push(await server.memory());
  }
}

await Promise.all(Array.from({ length: Number(lanes) }, lane));
const share = (values: readonly number[]): [number[], number[]] => {
  const tenth = Math.max(1, Math.floor(values.length / 10));
  return [values.slice(0, tenth), values.slice(-tenth)];
};
const verdicts = new Verdicts();
verdicts.check('no request failed', failed === 0, `${failed} of ${total}`);
for (const [what, values, at] of [
  ['median latency', times, 0.5],
  ['p95 of latency', times, 0.95],
  ['memory', memory, 0.5],
] as const) {
  const [first, last] = share(values).map((part) => quantile(part, at)) as [number, number];
  const unit = what === 'memory' ? 'MiB' : 'ms';
  const figures = `${first.toFixed(1)} and ${last.toFixed(1)} ${unit}, ${(last / first).toFixed(3)}`;
  verdicts.check(`${what} of the last tenth is that of the first, within 5 %`, last / first <= MOST, figures);
}
verdicts.check('it stops with 0', (await server.stop()) === 0);
verdicts.end();
