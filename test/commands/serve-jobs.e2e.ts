import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { JobDocument } from '../../src/lib/serve/jobs/job.js';
import { describeWith } from '../support/batch.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ROOT, startOfx } from '../support/ofx.js';
import { RedisServer } from '../support/redis.js';
import { form } from '../support/server.js';
import { holdWorkers, workersOf } from '../support/workers.js';

describeWith('redis-server', 'ofx serve --redis', () => {
  const folder = temporaryFolder();
  let redis: RedisServer | undefined;
  const runs: ReturnType<typeof startOfx>[] = [];

  async function serve(): Promise<{ url: string; pid: number }> {
    const args = ['serve', '--model', TINY_MODEL, '--size', '64', '--redis', redis!.url, '--rate', '0'];
    const run = startOfx([...args, '--concurrency', '1'], { env: { OFX_PORT: '0' } });
    runs.push(run);
    return new Promise((resolve, reject) => {
      run.stdout.on('data', (chunk: Buffer) => {
        const [url] = /http:\/\/[\d.]+:\d+/.exec(chunk.toString()) ?? [];
        if (url) resolve({ url, pid: run.pid! });
      });
      void run.then(({ stderr }) => {
        reject(new Error(stderr));
      });
    });
  }

  async function job(url: string, id: string): Promise<JobDocument> {
    return (await (await fetch(`${url}/v1/jobs/${id}`)).json()) as JobDocument;
  }

  afterEach(async () => {
    for (const run of runs.splice(0)) run.kill('SIGKILL');
    await redis?.kill();
  });

  it('loses nothing when the server and its Redis are killed in the middle of a job', async () => {
    redis = await RedisServer.start(folder.path);
    const first = await serve();
    const photo = await readFile(path.join(ROOT, 'samples/splice-dahlia.jpg'));
    const names = Array.from({ length: 6 }, (_, index) => `${index}.jpg`);
    const body = form(Object.fromEntries(names.map((name) => [name, photo])));
    const { id } = (await (
      await fetch(`${first.url}/v1/jobs`, { method: 'POST', body })
    ).json()) as JobDocument;
    while ((await job(first.url, id)).images.done < 2) await sleep(1);
    // Where it is now: somewhere before the last image, with its workers unable to go on.
    holdWorkers(first.pid);
    const before = await job(first.url, id);
    const workers = workersOf(first.pid);
    process.kill(first.pid, 'SIGKILL');
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    await redis.kill();
    await redis.start();
    const second = await serve();
    let after = await job(second.url, id);
    while (!['completed', 'failed'].includes(after.state)) {
      await sleep(50);
      after = await job(second.url, id);
    }
    expect([after.state, after.results.map(({ image }) => image)]).to.deep.equal(['completed', names]);
    // What was done before was not done again.
    expect(after.results.slice(0, before.results.length)).to.deep.equal(before.results);
  });
});
