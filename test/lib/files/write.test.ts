import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { OfxError } from '../../../src/lib/core/errors.js';
import { writeFileAtomic } from '../../../src/lib/files/write.js';

describe('writeFileAtomic', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-write-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function failure(file: string, data: Uint8Array | string = 'x'): Promise<OfxError> {
    try {
      await writeFileAtomic(file, data);
    } catch (error) {
      expect(error).to.be.instanceOf(OfxError);
      return error as OfxError;
    }
    throw new Error('Nothing was thrown');
  }

  it('writes bytes and text, makes the folders, replaces what was there, and leaves nothing beside', async () => {
    const file = path.join(folder, 'a/b/mask.png');
    await writeFileAtomic(file, 'old');
    await writeFileAtomic(file, Uint8Array.of(1, 2, 3));
    expect([...(await readFile(file))]).to.deep.equal([1, 2, 3]);
    expect(await readdir(path.dirname(file))).to.deep.equal(['mask.png']);
  });

  it('refuses a place below a file', async () => {
    await writeFile(path.join(folder, 'file'), '');
    const error = await failure(path.join(folder, 'file/mask.png'));
    expect([error.code, error.exitStatus]).to.deep.equal(['OUTPUT_UNWRITABLE', 73]);
  });

  it('refuses to replace a folder, and removes the file beside', async () => {
    await mkdir(path.join(folder, 'taken'));
    expect((await failure(path.join(folder, 'taken'))).code).to.equal('OUTPUT_UNWRITABLE');
    expect(await readdir(folder)).to.deep.equal(['taken']);
  });

  it('takes every name that the disk takes, and tells of one that is too long', async () => {
    const longest = `${'n'.repeat(251)}.png`;
    await writeFileAtomic(path.join(folder, longest), 'x');
    expect(await readdir(folder)).to.deep.equal([longest]);
    const error = await failure(path.join(folder, `n${longest}`));
    expect([error.code, error.suggestion]).to.deep.equal([
      'OUTPUT_UNWRITABLE',
      'Give the image a shorter name, or name its output yourself by predicting it alone.',
    ]);
    expect(await readdir(folder)).to.deep.equal([longest]);
  });

  it('refuses a folder without permission', async () => {
    await chmod(folder, 0o555);
    // Permissions do not bind root, so the test steps down for a moment.
    const root = process.geteuid!() === 0;
    if (root) process.seteuid!(65534);
    try {
      expect((await failure(path.join(folder, 'mask.png'))).code).to.equal('OUTPUT_UNWRITABLE');
    } finally {
      if (root) process.seteuid!(0);
      await chmod(folder, 0o755);
    }
  });

  it('stops when told, before or while writing, and leaves nothing', async () => {
    const file = path.join(folder, 'mask.png');
    const reason = new Error('stop');
    const early = await writeFileAtomic(file, 'x', AbortSignal.abort(reason)).catch((e: unknown) => e);
    expect(early).to.equal(reason);
    const controller = new AbortController();
    const work = writeFileAtomic(file, new Uint8Array(64e6), controller.signal).catch((e: unknown) => e);
    controller.abort(reason);
    expect(await work).to.equal(reason);
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('says that a full disk is full, and leaves nothing, not even a part', function () {
    // A disk of 64 kB of its own, in a namespace where mounting needs no rights.
    const script = `
      import { writeFileAtomic } from '${new URL('../../../src/lib/files/write.js', import.meta.url).href}';
      import { readdirSync } from 'node:fs';
      await writeFileAtomic('${folder}/mask.png', 'old');
      const error = await writeFileAtomic('${folder}/mask.png', new Uint8Array(1e6)).catch((e) => e);
      console.log(JSON.stringify([error.code, error.exitStatus, readdirSync('${folder}')]));`;
    const command = `mount -t tmpfs -o size=64k none ${folder} && exec "$0" --import tsx --input-type=module -e "$1"`;
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['--map-root-user', '--mount', 'sh', '-c', command, process.execPath, script],
      { encoding: 'utf8' },
    );
    if (/unshare|mount/.test(stderr)) this.skip();
    expect(status, stderr).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.equal(['IO_FAILED', 74, ['mask.png']]);
  });
});
