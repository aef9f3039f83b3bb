import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import type { BatchPlan } from '../../src/lib/batch/result.js';
import { image } from '../fixtures/fixtures.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, type OfxRun } from '../support/ofx.js';

const tiny = ['--model', TINY_MODEL, '--size', '64'];

describe('ofx batch and what it cannot see', () => {
  const closed: string[] = [];
  // Before the folder is removed.
  afterEach(async () => {
    for (const file of closed.splice(0)) await chmod(file, 0o700);
  });
  const folder = temporaryFolder();

  async function batch(...args: string[]): Promise<OfxRun> {
    return ofx(['batch', ...args], { cwd: folder.path, unprivileged: true });
  }

  async function put(name: string, content: Buffer | string): Promise<void> {
    await mkdir(path.dirname(folder.file(name)), { recursive: true });
    await writeFile(folder.file(name), content);
  }

  async function photo(name: string): Promise<void> {
    await put(name, await readFile(image('png-rgb.png')));
  }

  async function close(name: string): Promise<void> {
    await chmod(folder.file(name), 0);
    closed.push(folder.file(name));
  }

  /** Error codes by image; null where it was scored. */
  async function rows(run: string): Promise<Record<string, string | null>> {
    const out = folder.file('rows.ndjson');
    await batch('collect', run, '--format', 'ndjson', '--out', out);
    const lines = (await readFile(out, 'utf8')).split('\n').filter(Boolean);
    return Object.fromEntries(
      lines.map((line) => {
        const { image, errorCode } = JSON.parse(line) as { image: string; errorCode: string | null };
        return [image, errorCode];
      }),
    );
  }

  it('gives a row to whatever cannot be listed, opened or read, and counts what is no picture', async () => {
    await photo('in/a.png');
    await photo('in/locked/hidden.png');
    await photo('in/deep/er/locked/hidden.png');
    await photo('in/closed.png');
    await put('in/closed-notes.txt', 'may be anything');
    await put('in/b.jxl', Buffer.from('\xff\x0a\0', 'latin1'));
    await put('in/c.heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'));
    await put('in/d.nef', Buffer.from('II*\0\x08\0\0\0', 'latin1'));
    await put('in/scan', '%PDF-1.4');
    await put('in/more.txt', 'text');
    await put('in/Makefile', 'all:');
    await photo('in/a_mask.png');
    await symlink('nowhere.jpg', folder.file('in/link.jpg'));
    for (const name of ['in/locked', 'in/deep/er/locked', 'in/closed.png', 'in/closed-notes.txt'])
      await close(name);

    const planned = await batch('plan', 'in', '--out', 'run', ...tiny, '--json');
    expect(planned.exitCode, planned.stderr).to.equal(0);
    const plan = JSON.parse(planned.stdout) as BatchPlan;
    expect(plan.images).to.equal(10);
    expect(plan.skipped).to.deep.equal({
      noImages: { '': 1, '.txt': 1 },
      ownOutputs: 0,
      groundTruth: 1,
      hidden: 0,
    });
    expect(planned.stderr).to.contain('2 files are not images').and.to.contain('1 ground-truth mask');

    const done = await batch('run', 'in', '--out', 'run', ...tiny, '--json');
    expect(done.exitCode, done.stderr).to.equal(4);
    const found = await rows('run');
    const { 'in/c.heic': heic, 'in/d.nef': raw, ...others } = found;
    expect(
      [heic, raw].every((code) => code?.startsWith('IMAGE_')),
      `${heic} ${raw}`,
    ).to.be.true;
    expect(others).to.deep.equal({
      'in/a.png': null,
      'in/b.jxl': 'IMAGE_UNSUPPORTED',
      'in/closed-notes.txt': 'INPUT_UNREADABLE',
      'in/closed.png': 'INPUT_UNREADABLE',
      'in/deep/er/locked': 'INPUT_UNREADABLE',
      'in/link.jpg': 'INPUT_MISSING',
      'in/locked': 'INPUT_UNREADABLE',
      'in/scan': 'IMAGE_DAMAGED',
    });
    expect(await readFile(folder.file('rows.ndjson'), 'utf8')).to.contain('cannot be searched (EACCES)');
    expect(JSON.parse(done.stdout)).to.deep.include({ images: 10, failed: 9 });
  });

  it('takes a folder that is closed itself, names that are not UTF-8, and globs', async () => {
    await photo('closed/a.png');
    await close('closed');
    await photo('open/b.png');
    await mkdir(folder.file('bytes'));
    const name = Buffer.concat([
      Buffer.from(folder.file('bytes/caf')),
      Buffer.from([0xe9]),
      Buffer.from('.png'),
    ]);
    await copyFile(image('png-rgb.png'), name);
    const inputs = ['closed', 'bytes', 'op*/*.png', 'open/*.gif', 'open'];
    const { stderr, stdout } = await batch('plan', ...inputs, '--out', 'run', ...tiny, '--json');
    expect(JSON.parse(stdout), stderr).to.deep.include({ images: 4, duplicates: 1 });
    expect((await batch('work', 'run')).exitCode).to.equal(0);
    expect(await rows('run')).to.deep.equal({
      closed: 'INPUT_UNREADABLE',
      'bytes/caf\\xE9.png': 'INPUT_UNREADABLE',
      'open/b.png': null,
      'open/*.gif': 'INPUT_MISSING',
    });
  });

  it('reads paths from stdin', async () => {
    await photo('in/a.png');
    const planned = await ofx(['batch', 'plan', '-', '--out', 'run', ...tiny, '--json'], {
      cwd: folder.path,
      input: 'in/a.png\r\nin/none.png\nin/a.png\n',
    });
    expect(JSON.parse(planned.stdout), planned.stderr).to.deep.include({ images: 2 });
    expect((await batch('work', 'run')).exitCode).to.equal(0);
    expect(await rows('run')).to.deep.equal({ 'in/a.png': null, 'in/none.png': 'INPUT_MISSING' });
  });

  it('refuses inputs without any image, and takes those that have some beside them', async () => {
    await put('empty/notes.txt', 'text');
    await photo('open/b.png');
    const none = await batch('plan', 'empty', '--out', 'run', ...tiny);
    expect([none.exitCode, none.stderr.split('\n')[0]]).to.deep.equal([
      66,
      'error: There is no image in the inputs.',
    ]);
    expect((await batch('plan', 'empty', 'open', '--out', 'run', ...tiny)).exitCode).to.equal(0);
  });
});
