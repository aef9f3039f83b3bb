/**
 * `kill -9` under load: of workers, of which each costs the one request that it had; and of the front, whose workers end by themselves, and
 * whose jobs another server at the same Redis goes on with (see test/commands/serve-jobs.e2e.ts).
 *
 *     npm run build
 *     npx tsx benchmarks/serve-kill.ts [KILLS]
 */
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startServing, Verdicts } from './serving.js';

const [kills = '20'] = process.argv.slice(2);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const AT_ONCE = 3;
const ARGS = ['--model', `${ROOT}test/fixtures/models/tiny`, '--size', '64', '--concurrency', '2'];
const photo = await readFile(`${ROOT}samples/splice-dahlia.jpg`);
const verdicts = new Verdicts();

let server = await startServing(ARGS);
const tally = new Map<string, number>();
let isOver = false;
const count = (key: string): void => void tally.set(key, (tally.get(key) ?? 0) + 1);

async function load(): Promise<void> {
  while (!isOver) {
    await fetch(`${server.url}/v1/predict`, { method: 'POST', body: photo })
      .then(async (answer) => {
        const { code = 'result' } = (await answer.json()) as { code?: string };
        count(`${answer.status} ${code}`);
      })
      .catch(() => {
        count('none');
      });
  }
}

async function ready(): Promise<number> {
  const answer = await fetch(`${server.url}/readyz`);
  return ((await answer.json()) as { workers: { ready: number } }).workers.ready;
}

const clients = Array.from({ length: AT_ONCE }, load);
for (let done = 0; done < Number(kills); done++) {
  const [worker] = await server.workers();
  process.kill(worker!, 'SIGKILL');
  // Until it is gone and there are two again: what is killed while it starts has no request to lose.
  while ((await server.workers()).includes(worker!) || (await ready()) < 2) await sleep(20);
}
isOver = true;
await Promise.all(clients);
console.log(Object.fromEntries(tally));
const lost = tally.get('500 WORKER_LOST') ?? 0;
const others = [...tally].filter(([key]) => !['200 result', '500 WORKER_LOST'].includes(key));
verdicts.check(
  'each worker that is killed costs one request at most',
  lost <= Number(kills),
  `${lost} of ${kills} kills`,
);
verdicts.check('no other request fails', others.length === 0, JSON.stringify(others));
const crashed = await server.metric('ofx_worker_restarts_total{reason="crashed"}');
verdicts.check('each of them is counted', crashed === Number(kills), String(crashed));

const workers = await server.workers();
isOver = false;
tally.clear();
const more = Array.from({ length: AT_ONCE }, load);
await sleep(300);
process.kill(server.pid, 'SIGKILL');
isOver = true;
await Promise.all(more);
// As long as one inference may take on a busy machine.
for (let waited = 0; waited < 30_000 && workers.some((pid) => isRunning(pid)); waited += 50) await sleep(50);
verdicts.check('workers end with their front', !workers.some((pid) => isRunning(pid)), workers.join(', '));
server = await startServing(ARGS);
const answer = await fetch(`${server.url}/v1/predict`, { method: 'POST', body: photo });
verdicts.check('another front answers', answer.status === 200);
verdicts.check('it stops with 0', (await server.stop()) === 0);
verdicts.end();

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/task`);
}
