import { execFileSync } from 'node:child_process';
import { chmod, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { BatchCollect, BatchStatus } from '../../src/lib/batch/result.js';
import { describeWith, expectWhole, makePhotos, predicted } from '../support/batch.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, startOfx } from '../support/ofx.js';
import { freePort } from '../support/s3.js';

const tiny = ['--model', TINY_MODEL];

describe('ofx batch, seen while it runs', () => {
  const folder = temporaryFolder();
  const batch = async (...args: string[]) => ofx(['batch', ...args], { cwd: folder.path });
  const start = (...args: string[]) => startOfx(['batch', ...args], { cwd: folder.path });
  const status = async () => JSON.parse((await batch('status', 'run', '--json')).stdout) as BatchStatus;
  const parts = async () =>
    (await readdir(folder.file('run/parts')).catch(() => [])).filter((name) => name.endsWith('.parquet'))
      .length;

  it('says who has what, and how far it is, before, while and after workers run (test 17)', async () => {
    await makePhotos(folder.file('photos'), 60);
    await batch('plan', 'photos', '--out', 'run', '--shard-size', '5', ...tiny);
    const nothing = { active: 0, oldestActive: null, workers: {}, queue: null };
    expect(await status()).to.deep.include({
      ...nothing,
      imagesDone: 0,
      imagesPerSecond: null,
      secondsLeft: null,
    });
    const port = await freePort();
    const worker = start('work', 'run', '-p', '1', '--metrics-port', String(port));
    while ((await parts()) < 4) await sleep(20);
    worker.kill('SIGSTOP');
    const half = await status();
    expect(half.active).to.be.lessThan(2);
    expect(half.secondsLeft!.low).to.be.lessThan(half.secondsLeft!.expected);
    expect(half.imagesDone).to.equal(half.shardsDone * 5);
    const text = (await batch('status', 'run', '--format', 'prometheus')).stdout;
    expect(text).to.contain(`ofx_batch_run_images{run="run",state="done"} ${half.imagesDone}`);
    const watcher = start('status', 'run', '--watch', '--interval', '1');
    worker.kill('SIGCONT');
    const scraped = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(scraped).to.match(/ofx_batch_shards_total\{state="published"\} \d+/);
    expect(scraped).to.match(/ofx_batch_images_total\{outcome="[a-z-]+"\} \d+/);
    expect((await worker).exitCode).to.equal(0);
    const watched = await watcher;
    expect([watched.exitCode, watched.stdout.split('\n').at(-3)]).to.satisfy(
      ([code, line]: [number, string]) => code === 0 && !line.includes('░'),
    );
    expect(watched.stdout).to.contain('60 of 60 images (100.0 %)');
    expect(await status()).to.deep.include({ ...nothing, imagesDone: 60, secondsLeft: null });
    expect(await readdir(folder.file('run/active'))).to.be.empty;
  });

  it('counts a shard whose worker was killed, until another one takes it', async () => {
    await makePhotos(folder.file('photos'), 40);
    await batch('plan', 'photos', '--out', 'run', '--shard-size', '10', ...tiny);
    const worker = start('work', 'run', '-p', '1');
    // Stopped while it is looked at: a mark that is seen may be gone, or not yet be in place, a moment later.
    for (;;) {
      while ((await readdir(folder.file('run/active')).catch(() => [])).length === 0) await sleep(10);
      worker.kill('SIGSTOP');
      if ((await status()).active === 1) break;
      worker.kill('SIGCONT');
      await sleep(100);
    }
    worker.kill('SIGKILL');
    await worker;
    expect(await status()).to.deep.include({ active: 1 });
    expect((await batch('work', 'run')).exitCode).to.equal(0);
    expect(await status()).to.deep.include({ active: 0, shardsDone: 4 });
  });

  it('plans what failed for a reason that may have passed, and nothing else (--retry-failed)', async () => {
    await makePhotos(folder.file('photos'), 6);
    const expected = await predicted(['photos'], TINY_MODEL, folder.path);
    const refused = ['photos/photo-0001.png', 'photos/photo-0004.png'];
    await batch('plan', 'photos', '--out', 'run', '--shard-size', '4', ...tiny);
    for (const image of refused) await chmod(folder.file(image), 0);
    const isRoot = process.getuid?.() === 0;
    await ofx(['batch', 'work', 'run'], { cwd: folder.path, unprivileged: isRoot });
    for (const image of refused) await chmod(folder.file(image), 0o644);
    const { exitCode, stdout } = await batch('collect', 'run', '--retry-failed', 'again', '--json');
    expect(exitCode).to.equal(4);
    expect((JSON.parse(stdout) as BatchCollect).retry).to.deep.equal({ run: 'again', images: 2 });
    expect((await batch('work', 'again')).exitCode).to.equal(0);
    await expectWhole('again', new Map(refused.map((image) => [image, expected.get(image)!])), {
      cwd: folder.path,
    });
    const none = await batch('collect', 'again', '--retry-failed', 'more');
    expect(none.stdout).to.contain('no other run was planned');
    expect(await readdir(folder.path)).to.not.include('more');
  });

  describeWith('promtool', 'by Prometheus', () => {
    it('gives metrics that promtool reads without complaint', async () => {
      await makePhotos(folder.file('photos'), 3);
      await batch('run', 'photos', '--out', 'run', ...tiny);
      const { stdout } = await batch('status', 'run', '--format', 'prometheus');
      execFileSync('promtool', ['check', 'metrics'], { input: `${stdout}\n`, stdio: 'pipe' });
    });
  });
});
