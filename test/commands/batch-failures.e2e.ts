import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import {
  childrenOf,
  expectWhole,
  figures,
  makePhotos,
  predicted,
  scoringProcesses,
  type Digits,
} from '../support/batch.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, ROOT, startOfx } from '../support/ofx.js';

const tiny = ['--model', TINY_MODEL];

describe('ofx batch, when something fails', () => {
  const folder = temporaryFolder();
  const batch = async (...args: string[]) => ofx(['batch', ...args], { cwd: folder.path });
  const start = (...args: string[]) => startOfx(['batch', ...args], { cwd: folder.path });
  const parts = async (run = 'run') =>
    (await readdir(folder.file(run, 'parts')).catch(() => [])).filter((name) => name.endsWith('.parquet'))
      .length;

  it('loses nothing to workers that are killed, nor to their processes (test 2)', async () => {
    await makePhotos(folder.file('photos'), 60);
    const expected = await predicted(['photos'], TINY_MODEL, folder.path);
    await batch('plan', 'photos', '--out', 'run', '--shard-size', '5', ...tiny);
    let workersKilled = 0;
    let childrenKilled = 0;
    // A part that comes is what a kill waits for, so that the test goes at the machine's own speed.
    for (let round = 0; (await parts()) < 12 && round < 40; round++) {
      const before = await parts();
      const workers = [start('work', 'run', '-p', '1'), start('work', 'run', '-p', '1')];
      while ((await parts()) === before && workers.some(({ exitCode }) => exitCode === null)) await sleep(20);
      if (round < 3) {
        for (const worker of workers) {
          if (worker.pid !== undefined && worker.kill('SIGKILL')) workersKilled++;
        }
        await Promise.all(workers);
        // They end by themselves when nobody is left to ask them; one that does not ends the test by its time limit.
        while (scoringProcesses().length > 0) await sleep(20);
      } else {
        for (const worker of workers) {
          for (const child of childrenOf(worker.pid!)) {
            process.kill(child, 'SIGKILL');
            childrenKilled++;
          }
        }
        await Promise.all(workers);
      }
    }
    await expectWhole('run', expected, { cwd: folder.path });
    figures(
      `${workersKilled} workers and ${childrenKilled} processes killed: 60 rows, 0 missing, 0 twice, 0 wrong`,
    );
    expect(workersKilled).to.be.greaterThan(3);
  });

  it('makes a row of each image that is bad for its process, and of no other (test 7)', async () => {
    const GOOD = 12;
    await makePhotos(folder.file('photos'), GOOD);
    const expected = await predicted(['photos'], TINY_MODEL, folder.path);
    const images = path.join(ROOT, 'test/fixtures/images');
    const bad = ['bad-text.jpg', 'bad-empty.jpg', 'bad-huge.png', 'bad-truncated-head.jpg', 'size-1x1.png'];
    for (const name of bad) await copyFile(path.join(images, name), folder.file('photos', name));
    const files = bad.map((name) => `photos/${name}`);
    for (const [image, digits] of await predicted(files, TINY_MODEL, folder.path))
      expected.set(image, digits);
    await writeFile(folder.file('list.txt'), `${[...expected.keys(), 'photos/gone.png'].join('\n')}\n`);
    expected.set('photos/gone.png', { error: 'INPUT_MISSING' });
    const { exitCode, stderr } = await batch('run', '--list', 'list.txt', '--out', 'run', ...tiny);
    expect(exitCode, stderr).to.equal(4);
    await expectWhole('run', expected, { cwd: folder.path, exitCode: 4 });
    figures(`${GOOD + 1} good images with the digits of ofx predict, 5 bad ones with their codes`);
  });

  it('finishes a run of nothing but images that may not be read', async function () {
    if (process.getuid?.() !== 0) this.skip();
    await makePhotos(folder.file('photos'), 50);
    const expected = new Map<string, Digits>();
    for (const name of await readdir(folder.file('photos')))
      expected.set(`photos/${name}`, { error: 'INPUT_UNREADABLE' });
    await batch('plan', 'photos', '--out', 'run', '--shard-size', '25', ...tiny);
    for (const image of expected.keys()) await chmod(folder.file(image), 0);
    const { exitCode, stderr } = await ofx(['batch', 'work', 'run'], {
      cwd: folder.path,
      unprivileged: true,
    });
    expect(exitCode, stderr).to.equal(0);
    await expectWhole('run', expected, { cwd: folder.path, exitCode: 4 });
  });

  it('leaves, and spoils nothing, when the disk is full or the model is gone (test 6)', async function () {
    if (process.getuid?.() !== 0) this.skip();
    await makePhotos(folder.file('photos'), 60);
    const expected = await predicted(['photos'], TINY_MODEL, folder.path);
    await cp(TINY_MODEL, folder.file('model'), { recursive: true });
    await batch('plan', 'photos', '--out', 'run', '--shard-size', '5', '--model', 'model');
    await mkdir(folder.file('run/parts'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40k', 'tmpfs', folder.file('run/parts')]);
    let whole = 0;
    try {
      const full = await batch('work', 'run');
      expect([full.exitCode, full.stderr], full.stderr).to.satisfy(
        ([code, text]: [number, string]) => code === 74 && text.includes('no space is left'),
      );
      const names = await readdir(folder.file('run/parts'));
      expect(names.filter((name) => name.startsWith('.'))).to.be.empty;
      whole = names.length;
      expect(whole).to.be.within(1, 11);
      await mkdir(folder.file('kept'));
      for (const name of names) await copyFile(folder.file('run/parts', name), folder.file('kept', name));
      execFileSync('mount', ['-o', 'remount,ro', folder.file('run/parts')]);
      expect((await batch('work', 'run')).exitCode).to.equal(74);
    } finally {
      execFileSync('umount', [folder.file('run/parts')]);
    }
    await rename(folder.file('kept'), folder.file('run/parts-2'));
    for (const name of await readdir(folder.file('run/parts-2')))
      await rename(folder.file('run/parts-2', name), folder.file('run/parts', name));

    const manifest = JSON.parse(await readFile(folder.file('model/model.json'), 'utf8')) as {
      variants: { file: string }[];
    };
    const onnx = folder.file('model', manifest.variants[0]!.file);
    const worker = start('work', 'run', '-p', '1');
    const before = await parts();
    while ((await parts()) === before && worker.exitCode === null) await sleep(10);
    await rename(onnx, `${onnx}.gone`);
    for (const child of childrenOf(worker.pid!)) process.kill(child, 'SIGKILL');
    const gone = await worker;
    expect(gone.exitCode, gone.stderr).to.be.oneOf([74, 0]);
    await rename(`${onnx}.gone`, onnx);

    expect((await batch('work', 'run')).exitCode).to.equal(0);
    await expectWhole('run', expected, { cwd: folder.path });
    figures(
      `40 kB of disk: ${whole} whole parts and exit 74; read-only: 74; model gone: ${gone.exitCode}; then all 12`,
    );
  });

  it('takes a lost mount for what it is, not for missing images', async () => {
    await makePhotos(folder.file('mount/photos'), 4);
    await batch('plan', 'mount/photos', '--out', 'run', ...tiny);
    await rename(folder.file('mount'), folder.file('elsewhere'));
    const { exitCode, stderr } = await batch('work', 'run');
    expect(exitCode).to.equal(74);
    expect(stderr).to.contain('is not here').and.to.contain('--base');
    expect(await parts()).to.equal(0);
  });

  it('stops within two seconds of SIGTERM, in the middle of images (test 5)', async () => {
    await makePhotos(folder.file('photos'), 200);
    await batch('plan', 'photos', '--out', 'run', '--shard-size', '20', ...tiny);
    const worker = start('work', 'run', '-p', '2');
    while ((await parts()) === 0) await sleep(10);
    const began = performance.now();
    worker.kill('SIGTERM');
    const { exitCode, signal } = await worker;
    expect(exitCode ?? signal).to.be.oneOf([143, 'SIGTERM']);
    figures(`ended ${(performance.now() - began).toFixed(0)} ms after SIGTERM`);
    expect((await readdir(folder.file('run/parts'))).filter((name) => name.startsWith('.'))).to.be.empty;
    expect(scoringProcesses()).to.be.empty;
  });

  it('covers a slice that nobody does, and two workers of one slice', async () => {
    await makePhotos(folder.file('photos'), 24);
    const expected = await predicted(['photos'], TINY_MODEL, folder.path);
    await batch('plan', 'photos', '--out', 'run', '--shard-size', '3', ...tiny);
    expect((await batch('work', 'run', '--slice', '1/4')).exitCode).to.equal(0);
    expect(await parts()).to.equal(2);
    const workers = [0, 0, 2].map((index) =>
      start('work', 'run', '-p', '1', '--slice', `${index}/4`, '--help-others'),
    );
    for (const { exitCode } of await Promise.all(workers)) expect(exitCode).to.equal(0);
    await expectWhole('run', expected, { cwd: folder.path });
  });
});
