import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { makeDataset } from '../support/dataset.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx, ROOT, type OfxRun } from '../support/ofx.js';

const PHOTO = path.join(ROOT, 'samples/authentic-cat.jpg');
const PREDICT = ['predict', PHOTO, '--model', TINY_MODEL];

describe('the output of every command', () => {
  describe('on a disk that is full', () => {
    before(function () {
      if (process.platform !== 'linux') this.skip();
    });

    for (const args of [
      PREDICT,
      [...PREDICT, PHOTO, '--format', 'csv'],
      [...PREDICT, '--json'],
      ['models', 'list'],
      ['models', 'list', '--json'],
      ['predict', 'missing.jpg', '--json'],
    ]) {
      it(`ends with 74, the reason and the next step: ${args.join(' ').replaceAll(ROOT, '')}`, async () => {
        const { exitCode, stderr } = await ofxRedirected('> /dev/full', args);
        expect(exitCode, stderr).to.equal(74);
        expect(stderr).to.contain('error: Writing the output failed: no space is left on the disk.');
        expect(stderr).to.contain('Free some space, or send the output elsewhere');
        expect(stderr).not.to.match(/^ +at |core\.cjs|This is a defect/m);
      });
    }
  });

  it('ends with 74 where stdout takes nothing, for whatever reason', async () => {
    const { exitCode, stderr } = await ofxRedirected(`1< "${PHOTO}"`, PREDICT);
    expect(exitCode, stderr).to.equal(74);
    expect(stderr).to.match(/^error: Writing the output failed half-way \(E[A-Z]+\)\.$/m);
    expect(stderr).not.to.contain('This is a defect');
  });

  describe('with --quiet', () => {
    const folder = temporaryFolder();

    it('is nothing where all went well: no table, no summary, no text', async () => {
      await makeDataset(folder.file('data'), 4);
      for (const args of [
        ['predict', PHOTO, folder.file('data'), '--model', TINY_MODEL, '--quiet'],
        ['predict', PHOTO, '--model', TINY_MODEL, '-q'],
        ['predict', PHOTO, '--model', TINY_MODEL, '-qs64'],
        ['validate', folder.file('data'), '--model', TINY_MODEL, '-qs64', '--out', folder.file('run')],
        ['models', 'list', '-q'],
      ]) {
        const { exitCode, stdout, stderr } = await ofx(args);
        expect([exitCode, stdout, stderr], args.join(' ')).to.deep.equal([0, '', '']);
      }
    });

    it('is all that a program asked for', async () => {
      const lines = async (...args: string[]): Promise<number> =>
        (await ofx([...PREDICT, '-q', ...args])).stdout.split('\n').length;
      expect(await lines('--format', 'csv')).to.equal(2);
      expect(await lines('--format', 'ndjson')).to.equal(1);
      expect(await lines('--json')).to.be.greaterThan(10);
    });

    it('tells errors all the same', async () => {
      const { exitCode, stdout, stderr } = await ofx(['predict', 'missing.jpg', '--model', TINY_MODEL, '-q']);
      expect([exitCode, stdout]).to.deep.equal([66, '']);
      expect(stderr).to.match(/^error: /);
    });
  });
});

/** Runs the real binary with its stdout redirected by the shell. */
async function ofxRedirected(redirection: string, args: readonly string[]): Promise<Omit<OfxRun, 'stdout'>> {
  const command = [process.execPath, path.join(ROOT, 'bin/run.js'), ...args];
  const { exitCode, stderr } = await execa('sh', ['-c', `exec "$@" ${redirection}`, 'sh', ...command], {
    reject: false,
    env: { NO_COLOR: '1', CI: '1' },
  });
  return { exitCode, stderr };
}
