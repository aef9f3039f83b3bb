import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { TINY_MODEL } from '../support/models.js';
import { ROOT, type OfxRun } from '../support/ofx.js';

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
});

/** Runs the real binary with its stdout redirected by the shell. */
async function ofxRedirected(redirection: string, args: readonly string[]): Promise<OfxRun> {
  const command = [process.execPath, path.join(ROOT, 'bin/run.js'), ...args];
  return execa('sh', ['-c', `exec "$@" ${redirection}`, 'sh', ...command], {
    reject: false,
    env: { NO_COLOR: '1', CI: '1' },
  });
}
