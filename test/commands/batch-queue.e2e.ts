import { mkdir, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { BatchSubmit, BatchWork } from '../../src/lib/batch/result.js';
import { describeWith, expectWhole, makePhotos, predicted } from '../support/batch.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, startOfx } from '../support/ofx.js';
import { POSTGRES_BIN, PostgresServer } from '../support/postgres.js';
import { RedisServer } from '../support/redis.js';
import { freePort } from '../support/s3.js';

describe('ofx batch with a queue', () => {
  const folder = temporaryFolder();
  const batch = async (...args: string[]) => ofx(['batch', ...args], { cwd: folder.path });
  const parts = async () =>
    (await readdir(folder.file('run/parts')).catch(() => [])).filter((name) => name.endsWith('.parquet'))
      .length;
  const planned = async (images: number, shardSize: number) => {
    await makePhotos(folder.file('photos'), images);
    await batch('plan', 'photos', '--out', 'run', '--shard-size', String(shardSize), '--model', TINY_MODEL);
    return predicted(['photos'], TINY_MODEL, folder.path);
  };

  it('says what is wrong with a queue that is none, or does not answer', async () => {
    await planned(2, 1);
    const port = await freePort();
    for (const [url, status, text] of [
      ['amqp://localhost', 2, 'takes redis://… or postgres://…'],
      [`redis://user:secret@127.0.0.1:${port}`, 75, 'out of reach'],
      [`postgres://user:secret@127.0.0.1:${port}/db`, 75, 'out of reach'],
    ] as const) {
      for (const args of [
        ['submit', 'run'],
        ['work', 'run', '--until-empty'],
      ]) {
        const { exitCode, stderr } = await batch(...args, '--queue', url);
        expect([exitCode, stderr.includes(text), stderr.includes('secret')], stderr).to.deep.equal([
          status,
          true,
          false,
        ]);
      }
    }
    expect((await batch('work', 'run', '--until-empty')).exitCode).to.equal(2);
    expect((await batch('work', 'run', '--slice', '0/2', '--queue', 'redis://x')).exitCode).to.equal(2);
  });

  /** The same of every kind of queue. */
  const scores = async (url: string) => {
    const expected = await planned(20, 4);
    const submitted = await batch('submit', 'run', '--queue', url, '--json');
    expect(submitted.exitCode, submitted.stderr).to.equal(0);
    expect(JSON.parse(submitted.stdout) as BatchSubmit).to.include({ added: 5, known: 0, finished: 0 });
    const refused = await batch('work', 'run', '--queue', url, '--until-empty', '--threshold', '0.25');
    expect(refused.exitCode).to.equal(2);
    expect(JSON.parse((await batch('submit', 'run', '--queue', url, '--json')).stdout)).to.include({
      added: 0,
      known: 5,
    });
    const worker = startOfx(['batch', 'work', 'run', '-p', '1', '--queue', url], { cwd: folder.path });
    while ((await parts()) === 0 && worker.exitCode === null) await sleep(10);
    worker.kill('SIGTERM');
    expect((await worker).exitCode).to.be.oneOf([143, undefined]);
    const { exitCode, stdout, stderr } = await batch(
      'work',
      'run',
      '--queue',
      url,
      '--until-empty',
      '--json',
    );
    expect(exitCode, stderr).to.equal(0);
    expect(JSON.parse(stdout) as BatchWork).to.deep.include({ missing: 0 });
    await expectWhole('run', expected, { cwd: folder.path });
    // All is done: a worker has nothing to wait for.
    expect((await batch('work', 'run', '--queue', url)).exitCode).to.equal(0);
  };

  describeWith('redis-server', 'on Redis', () => {
    it('scores as ofx predict does, and goes on after SIGTERM', async () => {
      await mkdir(folder.file('redis'));
      const redis = await RedisServer.start(folder.file('redis'));
      await scores(redis.url).finally(async () => redis.kill());
    });
  });

  describeWith(POSTGRES_BIN ?? 'postgres', 'on PostgreSQL', () => {
    it('scores as ofx predict does, and goes on after SIGTERM', async () => {
      const postgres = await PostgresServer.start();
      await scores(postgres.url).finally(() => {
        postgres.remove();
      });
    });
  });
});
