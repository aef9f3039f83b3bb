import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { exists } from '../../src/lib/files/exists.js';
import { isFailed, type PredictReport } from '../../src/lib/predict/result.js';
import { image } from '../fixtures/fixtures.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, startOfx, type OfxRun } from '../support/ofx.js';

const tiny = ['--model', TINY_MODEL, '--size', '64'];

describe('ofx predict and what it cannot see', () => {
  const folder = temporaryFolder();

  async function run(...args: string[]): Promise<OfxRun> {
    return ofx(['predict', ...args, ...tiny], { unprivileged: true });
  }

  async function put(name: string, content: Buffer | string): Promise<string> {
    const file = folder.file('in', name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    return file;
  }

  beforeEach(async () => put('a.png', await readFile(image('png-rgb.png'))));

  async function close(name: string): Promise<() => Promise<void>> {
    await mkdir(folder.file('in', name));
    await copyFile(image('png-rgb.png'), folder.file('in', name, 'hidden.png'));
    await chmod(folder.file('in', name), 0);
    return async () => chmod(folder.file('in', name), 0o700);
  }

  it('fails a folder that may not be listed, in every format, in the journal, and under a gate', async () => {
    const open = await close('closed');
    try {
      const where = folder.file('in/closed');
      const json = await run(folder.file('in'), '--json');
      expect(json.exitCode).to.equal(4);
      const { results, summary } = JSON.parse(json.stdout) as PredictReport;
      expect([summary.inputs, summary.failed]).to.deep.equal([2, 1]);
      expect(results.filter(isFailed).map(({ image, error }) => [image, error.code])).to.deep.equal([
        [where, 'INPUT_UNREADABLE'],
      ]);
      for (const format of ['human', 'csv', 'ndjson']) {
        const told = await run(folder.file('in'), '--format', format);
        expect([told.exitCode, told.stdout.includes(where)], format).to.deep.equal([4, true]);
        expect(told.stderr).to.include('cannot be searched');
      }
      const gated = await run(folder.file('in'), '--out', folder.file('out'), '--fail-on', 'manipulated > 9');
      expect(gated.exitCode).to.equal(4);
      expect(await readFile(folder.file('out/ofx-journal.ndjson'), 'utf8')).to.include('INPUT_UNREADABLE');
      expect((await run(`${folder.path}/in/**/*.png`)).exitCode).to.equal(4);
    } finally {
      await open();
    }
  });

  describe('on a share that goes away while it is searched', () => {
    beforeEach(function () {
      const source = fileURLToPath(new URL('../support/lost-folder.c', import.meta.url));
      try {
        execFileSync('cc', ['-shared', '-fPIC', '-o', folder.file('lost.so'), source, '-ldl']);
      } catch {
        // It stands between Node and the C library, which takes Linux and a compiler.
        this.currentTest!.title += ' (no C compiler here)';
        this.skip();
      }
    });

    for (const [errno, code] of [
      ['EIO', 'INPUT_LOST'],
      ['ESTALE', 'INPUT_LOST'],
      ['EMFILE', 'TOO_MANY_OPEN_FILES'],
    ] as const) {
      it(`fails the folder by ${errno}, of a search and of a glob`, async () => {
        for (const name of ['share/b.png', 'share/c.png'])
          await put(name, await readFile(image('png-rgb.png')));
        const env = {
          LD_PRELOAD: folder.file('lost.so'),
          OFX_TEST_LOST: '/share',
          OFX_TEST_ERRNO: String(os.constants.errno[errno]),
        };
        for (const input of [folder.file('in'), `${folder.path}/in/**/*.png`]) {
          const { exitCode, stdout } = await ofx(
            ['predict', input, '--json', '--fail-on', 'manipulated > 9', ...tiny],
            { env },
          );
          const { results, summary } = JSON.parse(stdout) as PredictReport;
          expect(exitCode, input).to.equal(4);
          expect(summary.failed).to.equal(1);
          expect(results.filter(isFailed).map(({ image, error }) => [image, error.code])).to.deep.equal([
            [folder.file('in/share'), code],
          ]);
          expect(results.filter(isFailed)[0]!.error.message).to.include(errno);
        }
      });
    }
  });

  it('fails pictures that it does not read, and counts what is none by extension', async () => {
    await put('b.jxl', Buffer.from('\xff\x0a\0', 'latin1'));
    await put('c.ppm', 'P6\n1 1\n255\nabc');
    await put('scan', '%PDF-1.4');
    await put('notes.TXT', 'text');
    await put('more.txt', 'text');
    await put('Makefile', 'all:');
    const { exitCode, stdout, stderr } = await run(folder.file('in'), '--json', '--verbose');
    expect(exitCode).to.equal(4);
    const { results, summary } = JSON.parse(stdout) as PredictReport;
    expect(results.filter(isFailed).map(({ error }) => error.code)).to.deep.equal([
      'IMAGE_UNSUPPORTED',
      'IMAGE_UNSUPPORTED',
      // A PDF without anything behind its first line.
      'IMAGE_DAMAGED',
    ]);
    expect(summary.skipped).to.deep.equal({
      noImages: { '': 1, '.txt': 2 },
      ownOutputs: 0,
      groundTruth: 0,
      hidden: 0,
    });
    expect(stderr).to.include(`left out: ${folder.file('in/notes.TXT')} (no image)`);
    const single = await run(folder.file('in/b.jxl'));
    expect(single.exitCode).to.equal(65);
    expect(single.stderr).to.include('JPEG XL').and.to.include('PNG');
  });

  it('does not score its own outputs again, nor ground truth, and says so', async () => {
    await put('a_mask.png', await readFile(image('png-grey.png')));
    const out = folder.file('in/out');
    const args = ['--out', folder.file('in/out/masks'), '--overlay', folder.file('in/out/overlays')];
    expect((await run(folder.file('in'), ...args)).exitCode).to.equal(0);
    const { stdout, stderr, exitCode } = await run(folder.file('in'), '--json');
    expect(exitCode).to.equal(0);
    const { results, summary } = JSON.parse(stdout) as PredictReport;
    expect(results.map(({ image }) => image)).to.deep.equal([folder.file('in/a.png')]);
    expect([summary.skipped?.ownOutputs, summary.skipped?.groundTruth]).to.deep.equal([2, 1]);
    expect(stderr).to.include('2 images that ofx wrote').and.to.include('1 ground-truth mask');
    expect((await run(path.join(out, 'masks/a.png'))).exitCode).to.equal(0);
  });

  it('fails an image that is lost while it is read, and goes on', async function () {
    // Linux gives an input/output error to whoever reads this file, as a share that went away does.
    const lost = '/proc/self/mem';
    if (!(await exists(lost))) this.skip();
    await symlink(lost, folder.file('in/lost.jpg'));
    const { exitCode, stdout } = await run(folder.file('in'), '--json');
    expect(exitCode).to.equal(4);
    const { results } = JSON.parse(stdout) as PredictReport;
    expect(results.filter(isFailed).map(({ error }) => error.code)).to.deep.equal(['INPUT_LOST']);
    expect(results).to.have.length(2);
  });

  it('scores the first paths of a list while more are still to come', async () => {
    const process = startOfx(['predict', '-', ...tiny, '--format', 'ndjson']);
    process.stdin.write(`\uFEFF${folder.file('in/a.png')}\n`);
    const first = await new Promise<string>((resolve) =>
      process.stdout.once('data', (data) => {
        resolve(String(data));
      }),
    );
    expect((JSON.parse(first) as { image: string }).image).to.equal(folder.file('in/a.png'));
    process.stdin.end(`${folder.file('in/none.png')}\n`);
    expect((await process).exitCode).to.equal(4);
  });

  it('takes a list of 150,000 paths, most of which lead nowhere', async () => {
    const list = Array.from({ length: 150_000 }, (_, index) => folder.file('in', `none-${index}.jpg`));
    const { exitCode, stdout } = await ofx(['predict', '-', ...tiny, '--format', 'csv', '--quiet'], {
      input: [folder.file('in/a.png'), ...list].join('\n'),
    });
    expect(exitCode).to.equal(4);
    expect(stdout.trim().split('\n')).to.have.length(150_002);
  });
});
