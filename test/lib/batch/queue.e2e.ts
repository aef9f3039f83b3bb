import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { connectQueue, type QueueServer } from '../../../src/lib/batch/queue/connect.js';
import { jobIdOf, submitShards } from '../../../src/lib/batch/queue/submit.js';
import { FolderStore } from '../../../src/lib/batch/store/folder-store.js';
import { describeWith, figures } from '../../support/batch.js';
import { temporaryFolder } from '../../support/folder.js';
import { countNullRows, planNull, startNullWorker, type NullWorker } from '../../support/null-run.js';
import { RedisServer } from '../../support/redis.js';

const NONE_LOST = { missing: 0, twice: 0, wrong: 0 };

describeWith('redis-server', 'shards from a queue on Redis', () => {
  const folder = temporaryFolder();
  let redis: RedisServer;
  let workers: NullWorker[];
  beforeEach(async () => {
    workers = [];
    await mkdir(folder.file('redis'));
    redis = await RedisServer.start(folder.file('redis'));
  });
  afterEach(async () => {
    for (const { child } of workers) child.kill('SIGKILL');
    await Promise.all(workers.map(async ({ exited }) => exited));
    await redis.kill();
  });

  const start = (lockMs: number, msPerImage: number, flags: { waits?: boolean } = {}) => {
    const worker = startNullWorker(folder.file('run'), redis.url, lockMs, msPerImage, flags);
    workers.push(worker);
    return worker;
  };
  const parts = async () =>
    (await readdir(folder.file('run/parts')).catch(() => [])).filter((name) => !name.startsWith('.')).length;
  const plan = async (images: number, shardSize: number) => {
    const { run } = await planNull(folder.file('run'), images, shardSize);
    const store = new FolderStore(folder.file('run'));
    const submit = async () =>
      withQueue(async ({ queue }) => ({
        ...(await submitShards(store, run, queue)),
        counts: await queue.getJobCounts('waiting', 'active', 'delayed', 'completed', 'failed'),
      }));
    const withQueue = async <T>(use: (server: QueueServer) => Promise<T>): Promise<T> => {
      const server = await connectQueue(redis.url, run);
      return use(server).finally(async () => server.close());
    };
    return { run, store, submit, withQueue };
  };

  it('loses nothing to workers and a server that are killed (tests 2 and 3)', async () => {
    const SHARDS = 60;
    const { submit } = await plan(SHARDS * 10, 10);
    await submit();
    let kills = 0;
    let redisKills = 0;
    const alive = () => workers.filter(({ child }) => child.exitCode === null && child.signalCode === null);
    for (let seen = 0; (await parts()) < SHARDS;) {
      while (alive().length < 2) start(1500, 3);
      // What was published since is what a kill waits for: the test goes at the machine's own speed.
      while ((await parts()) < Math.min(SHARDS, seen + 6) && alive().length > 0) await sleep(20);
      seen = await parts();
      if (seen >= SHARDS) break;
      if (redisKills < 3) {
        await redis.kill();
        redisKills++;
        await redis.start();
      }
      if (kills < 4) {
        alive()[0]!.child.kill('SIGKILL');
        kills++;
      }
    }
    for (const { exited } of alive().map((worker) => worker)) expect(await exited).to.equal(0);
    const rows = await countNullRows(folder.file('run'));
    figures(`${kills} workers and Redis ${redisKills} times killed: ${JSON.stringify(rows)}`);
    expect(rows).to.deep.equal(NONE_LOST);
    expect(kills + redisKills).to.be.greaterThan(5);
  });

  it('says what to do when the queue was emptied, and goes on after it (test 3)', async () => {
    const { submit } = await plan(200, 10);
    await submit();
    const worker = start(1500, 10);
    while ((await parts()) < 3) await sleep(20);
    await redis.command('FLUSHALL');
    expect(await worker.exited).to.equal(75);
    expect(worker.output()).to.contain('ofx batch submit');
    const left = 20 - (await parts());
    expect(await submit()).to.include({ added: left });
    expect(await start(1500, 0).exited).to.equal(0);
    expect(await countNullRows(folder.file('run'))).to.deep.equal(NONE_LOST);
    figures(`emptied at ${20 - left} of 20 shards: exit 75, ${left} submitted again, none lost`);
  });

  it('keeps the first of two parts where a shard is delivered twice (test 4)', async () => {
    const DELIVERIES = 10;
    const { withQueue } = await plan(DELIVERIES * 5, 5);
    const first = new Map<string, number>();
    const look = async () => {
      for (const name of await readdir(folder.file('run/parts')).catch(() => [])) {
        if (name.startsWith('.')) continue;
        const { ino } = await stat(folder.file('run/parts', name));
        expect(first.get(name) ?? ino, name).to.equal(ino);
        first.set(name, ino);
      }
    };
    const pair = [start(600, 30, { waits: true }), start(600, 30, { waits: true })] as const;
    let doubles = 0;
    for (let shard = 0; shard < DELIVERIES; shard++) {
      const isThere = () => first.has(`part-${String(shard).padStart(6, '0')}.parquet`);
      await withQueue(async ({ queue }) => queue.add('shard', { shard }, { jobId: jobIdOf(shard) }));
      const taken = new RegExp(`^${shard} taken$`, 'm');
      let holder: NullWorker | undefined;
      while (!holder) {
        await sleep(5);
        holder = pair.find(({ output }) => taken.test(output()));
      }
      holder.child.kill('SIGSTOP');
      // Its lock ends, and the other one does the shard.
      while (!isThere()) {
        await sleep(20);
        await look();
      }
      holder.child.kill('SIGCONT');
      const ended = new RegExp(`^${shard} (already|given-back|published)$`, 'm');
      while (!ended.test(holder.output())) await sleep(10);
      if (ended.exec(holder.output())![1] !== 'published') doubles++;
    }
    for (const { exited } of pair) expect(await exited).to.equal(0);
    await look();
    figures(`${doubles} shards delivered twice: one part each, 0 replaced`);
    expect(doubles).to.be.greaterThan(DELIVERIES / 2);
    expect(await countNullRows(folder.file('run'))).to.deep.equal(NONE_LOST);
  });

  it('gives a shard back at SIGTERM, without counting it as an attempt (test 5)', async () => {
    const { submit, withQueue } = await plan(2, 1);
    await submit();
    const worker = start(30_000, 20_000);
    const counts = async () =>
      withQueue(async ({ queue }) => queue.getJobCounts('waiting', 'active', 'failed'));
    while ((await counts())['active'] !== 1) await sleep(20);
    worker.child.kill('SIGTERM');
    expect(await worker.exited).to.equal(143);
    expect(await counts()).to.deep.equal({ waiting: 2, active: 0, failed: 0 });
    const made = await withQueue(async ({ queue }) =>
      (await queue.getJobs('waiting')).map((job) => job.attemptsMade),
    );
    expect(made).to.deep.equal([0, 0]);
  });

  it('submits nothing twice, what failed again, and skips what is done (test 12)', async () => {
    const { run, store, submit, withQueue } = await plan(30, 5);
    const waiting = { waiting: 6, active: 0, delayed: 0, completed: 0, failed: 0 };
    expect(await submit()).to.deep.equal({ added: 6, known: 0, finished: 0, counts: waiting });
    for (let again = 0; again < 2; again++)
      expect(await submit()).to.deep.equal({ added: 0, known: 6, finished: 0, counts: waiting });
    await withQueue(async ({ worker }) => {
      const taker = worker({ lockMs: 30_000, stalledMs: 30_000 });
      const job = await taker.getNextJob('token');
      job.opts.attempts = 1;
      await job.moveToFailed(new Error('a defect'), 'token', false);
      await taker.close(true);
    });
    expect(await submit()).to.deep.include({ added: 1, known: 5, counts: waiting });

    expect(await startNullWorker(folder.file('run'), '-', 30_000, 0).exited).to.equal(0);
    const took = performance.now();
    const worker = start(30_000, 0);
    expect(await worker.exited).to.equal(0);
    expect(worker.output()).to.contain('"published":0');
    figures(
      `6 shards that are done: skipped in ${(performance.now() - took).toFixed(0)} ms, the start of Node included`,
    );
    expect(await submit()).to.deep.include({ added: 0, known: 0, finished: 6 });
    expect(path.basename(store.place)).to.equal('run');
    expect(run.images).to.equal(30);
  });
});
