import { execa } from 'execa';
import { expect } from 'chai';
import path from 'node:path';
import { image } from '../fixtures/fixtures.js';
import { TINY_MODEL } from '../support/models.js';
import { ROOT } from '../support/ofx.js';

describe('ofx where few files may be open', () => {
  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  for (const limit of [48, 128, 256]) {
    it(`works with ${limit}, or says in one sentence what to do`, async () => {
      const command = `ulimit -n ${limit}; exec "$0" "$@"`;
      const args = [
        path.join(ROOT, 'bin/run.js'),
        'predict',
        image('png-rgb.png'),
        '-m',
        TINY_MODEL,
        '-s',
        '64',
      ];
      const { exitCode, stderr } = await execa('sh', ['-c', command, process.execPath, ...args], {
        reject: false,
      });
      if (exitCode === 0) return;
      expect(exitCode).to.equal(71);
      expect(stderr.trim().split('\n')).to.deep.equal([
        'error: The limit of open files is too low for ofx.',
        'Raise it, then run the same command again: ulimit -n 1024',
      ]);
    });
  }
});
