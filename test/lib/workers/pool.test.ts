import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { systemCode } from '../../../src/lib/core/errors.js';
import { WorkerPool, type WorkerEnd, type WorkerPoolOptions } from '../../../src/lib/workers/pool.js';
import { workerFile } from '../../../src/lib/workers/worker-file.js';
import { startProcess, startThread } from '../../../src/lib/workers/start.js';
import type { EchoData } from '../../support/echo-worker.js';
import { temporaryFolder } from '../../support/folder.js';
import { childrenOf } from '../../support/workers.js';
import { rejection } from '../../support/rejection.js';
import type { SleepyReply, SleepyTask } from '../../support/sleepy-worker.js';

for (const start of [startThread, startProcess])
  describe(`WorkerPool (${start.name})`, () => {
    let pool: WorkerPool<SleepyTask, SleepyReply>;

    function open(options: Partial<WorkerPoolOptions> & { size: number }): void {
      pool = new WorkerPool({
        start,
        file: workerFile('../../support/sleepy-worker.js', import.meta.url),
        ...options,
      });
    }

    afterEach(() => pool.close());

    it('does waiting tasks in the order in which they came', async () => {
      open({ size: 1 });
      const order: string[] = [];
      await Promise.all(
        ['a', 'b', 'c'].map(async (name) => {
          order.push((await pool.run({ name, milliseconds: name === 'a' ? 50 : 0 })).name);
        }),
      );
      expect(order).to.deep.equal(['a', 'b', 'c']);
    });

    it('keeps the code of an error that a task throws', async () => {
      open({ size: 1 });
      const error = await rejection(pool.run({ name: 'torn', then: 'throw' }));
      expect([error.code, error.message]).to.deep.equal(['IMAGE_DAMAGED', 'torn']);
    });

    it('loses the task of a worker that dies, and no other', async () => {
      open({ size: 2 });
      const [dead, ...others] = await Promise.allSettled([
        pool.run({ name: 'dead', milliseconds: 50, then: 'crash' }),
        ...['a', 'b', 'c', 'd'].map((name) => pool.run({ name, milliseconds: 30 })),
      ]);
      expect(dead).to.have.nested.property('reason.code', 'WORKER_LOST');
      expect(others.map(({ status }) => status)).to.deep.equal(Array(4).fill('fulfilled'));
      expect(pool.restarts).to.deep.equal({ crashed: 1, recycled: 0 });
    });

    it('ends a worker that has one task for too long', async function () {
      // A thread in native code must not be ended, so only pools of processes are given this limit.
      if (start === startThread) this.skip();
      open({ size: 1, longestTaskMs: 100 });
      const error = await rejection(pool.run({ name: 'hangs', milliseconds: 3_600_000 }));
      expect(error.code).to.equal('WORKER_LOST');
      // Not what the next one answers: on a busy machine that may take too long as well.
      expect(pool.restarts.crashed).to.equal(1);
    });

    it('survives a process that is killed from outside', async function () {
      if (start === startThread) this.skip();
      open({ size: 1 });
      const { pid } = await pool.run({ name: 'first' });
      const running = rejection(pool.run({ name: 'killed', milliseconds: 60_000 }));
      const waiting = pool.run({ name: 'next' });
      process.kill(pid, 'SIGKILL');
      expect((await running).code).to.equal('WORKER_LOST');
      expect((await waiting).name).to.equal('next');
    });

    it('does not start one after the other of those that die at once', async function () {
      if (start === startThread) this.skip();
      const ends: WorkerEnd[] = [];
      open({ size: 1, pauseMs: 3_600_000, onEnd: (end) => ends.push(end) });
      for (let victims = 0; victims < 2; victims++) {
        await pool.allReady();
        process.kill(childrenOf(process.pid, 'sleepy-worker')[0]!, 'SIGKILL');
        while (ends.length === victims) await sleep(5);
      }
      expect(ends).to.deep.equal(
        Array(2).fill({ kind: 'crashed', reason: 'the process ended by SIGKILL', hadTask: false }),
      );
      // A replacement would be there already.
      expect(childrenOf(process.pid, 'sleepy-worker')).to.deep.equal([]);
    });

    it('lets a task that runs end before it closes', async () => {
      open({ size: 2 });
      await pool.run({ name: 'first' });
      const running = pool.run({ name: 'running', milliseconds: 100 });
      await pool.close();
      expect((await running).name).to.equal('running');
    });

    it('takes an aborted task out of the queue, and leaves a running one to its worker', async () => {
      open({ size: 1 });
      const { worker, pid } = await pool.run({ name: 'first' });
      const running = new AbortController();
      const waiting = new AbortController();
      const results = Promise.allSettled([
        pool.run({ name: 'running', milliseconds: 100 }, { signal: running.signal }),
        pool.run({ name: 'waiting', then: 'crash' }, { signal: waiting.signal }),
        pool.run({ name: 'after' }),
      ]);
      expect(pool.waiting).to.equal(2);
      waiting.abort(new Error('gone'));
      expect(pool.waiting).to.equal(1);
      running.abort(new Error('late'));
      const [first, second, third] = await results;
      expect(first).to.have.nested.property('reason.message', 'late');
      expect(second).to.have.nested.property('reason.message', 'gone');
      expect(third).to.deep.equal({ status: 'fulfilled', value: { name: 'after', worker, pid } });
    });

    it('replaces a spent worker without losing a task', async () => {
      open({ size: 2, isSpent: ({ tasksDone, rss }) => tasksDone >= 5 && rss > 0 });
      const workers = new Set<string>();
      // Each round asks for more than the workers can do at once, so that tasks wait while one is replaced.
      while (pool.restarts.recycled < 2) {
        const replies = await Promise.all(['a', 'b', 'c', 'd'].map((name) => pool.run({ name })));
        expect(replies.map(({ name }) => name)).to.deep.equal(['a', 'b', 'c', 'd']);
        for (const { worker } of replies) workers.add(worker);
      }
      expect(workers.size).to.be.at.least(3);
      expect(pool.restarts.crashed).to.equal(0);
    });

    it('tells everybody who waits when no worker can be loaded, instead of trying for ever', async () => {
      open({ file: workerFile('../../support/no-such-worker.js', import.meta.url), size: 1 });
      const errors = await Promise.all([
        rejection(pool.run({ name: 'a' })),
        rejection(pool.run({ name: 'b' })),
      ]);
      expect(errors.map(({ code }) => code)).to.deep.equal(['WORKER_LOST', 'WORKER_LOST']);
    });

    describe('with a worker that cannot load', () => {
      const folder = temporaryFolder();

      function openWithout(
        pauseMs: number,
        onEnd: (end: WorkerEnd) => void = () => undefined,
      ): WorkerPool<string, EchoData> {
        const echoing = new WorkerPool<string, EchoData>({
          start,
          file: workerFile('../../support/echo-worker.js', import.meta.url),
          workerData: { text: 'hello', needs: folder.file('needed') } satisfies EchoData,
          size: 1,
          pauseMs,
          onEnd,
        });
        pool = echoing as never;
        return echoing;
      }

      it('tells why, at once and without starting another, until a pause is over', async () => {
        const echoing = openWithout(60_000);
        for (const task of ['first', 'second']) {
          expect((await rejection(echoing.run(task))).code).to.equal('INPUT_MISSING');
        }
        expect([echoing.ready, echoing.restarts.crashed]).to.deep.equal([0, 1]);
      });

      it('tries again and again, each time later, and tells why', async () => {
        const ends: WorkerEnd[] = [];
        const fourth = new Promise<void>((resolve) => {
          openWithout(1, (end) => {
            if (ends.push(end) === 4) resolve();
          });
        });
        await fourth;
        expect(ends.map((end) => end.kind === 'unusable' && [end.error.code, end.retryMs])).to.deep.equal([
          ['INPUT_MISSING', 1],
          ['INPUT_MISSING', 2],
          ['INPUT_MISSING', 4],
          ['INPUT_MISSING', 8],
        ]);
      });

      it('is well again by itself', async () => {
        const echoing = openWithout(50);
        await rejection(echoing.run('too early'));
        await writeFile(folder.file('needed'), '');
        while (echoing.ready === 0) await sleep(20);
        expect((await echoing.run('again')).text).to.equal('hello');
      });
    });
  });

describe('startProcess', () => {
  const { execPath } = process;

  afterEach(() => {
    process.execPath = execPath;
  });

  it('ends at once, with the reason, where the system gives no process', async () => {
    process.execPath = '/no/such/node';
    const pool = new WorkerPool<SleepyTask, SleepyReply>({
      start: startProcess,
      file: workerFile('../../support/sleepy-worker.js', import.meta.url),
      size: 2,
    });
    const error = await rejection(pool.run({ name: 'first' }));
    expect([error.code, systemCode(error.cause)]).to.deep.equal(['WORKER_LOST', 'ENOENT']);
    await pool.close();
  });

  it('hands over more data than fits into an argument', async () => {
    const data: EchoData = { text: 'x'.repeat(500_000) };
    const worker = startProcess(workerFile('../../support/echo-worker.js', import.meta.url), data);
    const answer = await new Promise((resolve, reject) => {
      worker.onMessage((message) => {
        if (message.kind === 'ready') worker.post('what were you given?', []);
        else resolve(message);
      });
      worker.onExit(reject);
    });
    worker.kill();
    expect(answer).to.have.property('reply').that.deep.equals(data);
  });
});
