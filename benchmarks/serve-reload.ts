/**
 * Reloads under load: ten in a minute, two of them of a model that cannot be loaded, with three requests at once. No request fails, each
 * answer names the model that was in service, and answers switch once for each reload.
 *
 *     npm run build
 *     npx tsx benchmarks/serve-reload.ts [RELOADS] [SECONDS BETWEEN]
 */
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startServing, Verdicts } from './serving.js';

const [reloads = '10', pause = '6'] = process.argv.slice(2);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const AT_ONCE = 3;
const TINY = path.join(ROOT, 'test/fixtures/models/tiny');

const folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-reload-'));
const model = path.join(folder, 'model');
const photo = await readFile(path.join(ROOT, 'samples/splice-dahlia.jpg'));

/** Puts a model with another version in place of the one that is there, as one step. */
async function put(version: string, isBroken: boolean): Promise<void> {
  const next = path.join(folder, 'next');
  await cp(TINY, next, { recursive: true });
  const manifest = JSON.parse(await readFile(path.join(next, 'model.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const changed = isBroken ? '{' : JSON.stringify({ ...manifest, version });
  await writeFile(path.join(next, 'model.json'), changed);
  await rename(model, path.join(folder, `before-${version}`)).catch(() => undefined);
  await rename(next, model);
}

await put('1.0.0', false);
const server = await startServing(['--model', model, '--size', '64', '--concurrency', '2'], {
  stderr: 'ignore',
});
let isOver = false;
const tally = new Map<string, number>();
/** Of each lane, in the order of its answers: a lane asks one request after the other. */
const seen: string[][] = [];

async function lane(): Promise<void> {
  const versions: string[] = [];
  seen.push(versions);
  while (!isOver) {
    const answer = await fetch(`${server.url}/v1/predict`, { method: 'POST', body: photo }).catch(
      () => undefined,
    );
    const key = answer ? String(answer.status) : 'none';
    tally.set(key, (tally.get(key) ?? 0) + 1);
    if (answer?.status !== 200) continue;
    const { version } = ((await answer.json()) as { model: { version: string } }).model;
    if (versions.at(-1) !== version) versions.push(version);
  }
}

const lanes = Array.from({ length: AT_ONCE }, lane);
const expected = ['1.0.0'];
for (let number = 1; number <= Number(reloads); number++) {
  await sleep(1000 * Number(pause));
  const isBroken = number % 5 === 0;
  const version = `1.0.${number}`;
  await put(version, isBroken);
  const metric = `ofx_reloads_total{result="${isBroken ? 'failed' : 'done'}"}`;
  const before = await server.metric(metric);
  process.kill(server.pid, 'SIGHUP');
  while ((await server.metric(metric)) === before) await sleep(50);
  if (!isBroken) expected.push(version);
}
await sleep(1000);
isOver = true;
await Promise.all(lanes);

const verdicts = new Verdicts();
const broken = Math.floor(Number(reloads) / 5);
const total = [...tally.values()].reduce((sum, value) => sum + value, 0);
const failed = total - (tally.get('200') ?? 0);
verdicts.check(
  'no request fails',
  failed === 0,
  `${failed} of ${total}; ${reloads} reloads, ${broken} of them broken`,
);
verdicts.check(
  'answers switch once for each reload',
  seen.every((versions) => versions.join() === expected.join()),
  seen.map((versions) => versions.length - 1).join(', '),
);
verdicts.check('it stops with 0', (await server.stop()) === 0);
await rm(folder, { recursive: true });
verdicts.end();
