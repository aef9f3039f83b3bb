import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { expect } from 'chai';
import path from 'node:path';
import { image } from '../fixtures/fixtures.js';
import { isFailed, type PredictReport } from '../../src/lib/predict/result.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ROOT } from '../support/ofx.js';

describe('ofx where few files may be open', () => {
  const folder = temporaryFolder();

  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  for (const limit of [48, 128, 256]) {
    it(`works with ${limit}, or says in one sentence what to do`, async () => {
      const { exitCode, stderr } = await limited(limit, [
        'predict',
        image('png-rgb.png'),
        '-m',
        TINY_MODEL,
        '-s',
        '64',
      ]);
      if (exitCode === 0) return;
      expect(exitCode).to.equal(71);
      expect(stderr.trim().split('\n')).to.deep.equal([
        'error: The limit of open files is too low for ofx.',
        'Raise it, then run the same command again: ulimit -n 1024',
      ]);
    });
  }

  it('loses no image of many folders on the way', async () => {
    const photo = await readFile(image('png-rgb.png'));
    for (let index = 0; index < 150; index++) {
      await mkdir(folder.file('photos', `${index % 10}`, `${index}`), { recursive: true });
      await writeFile(folder.file('photos', `${index % 10}`, `${index}`, 'a.png'), photo);
    }
    const args = ['predict', folder.file('photos'), '-m', TINY_MODEL, '-s', '64', '--json'];
    for (const limit of [64, 96]) {
      const { exitCode, stdout } = await limited(limit, args);
      if (exitCode === 71) continue;
      const { results, summary } = JSON.parse(stdout) as PredictReport;
      expect(results).to.have.length(150);
      expect(exitCode).to.equal(summary.failed > 0 ? 4 : 0);
      for (const result of results)
        if (isFailed(result)) expect(result.error.code).to.equal('TOO_MANY_OPEN_FILES');
    }
  });
});

/** Runs `ofx` with so many open files at most. */
async function limited(limit: number, args: readonly string[]) {
  const command = `ulimit -n ${limit}; exec "$0" "$@"`;
  return execa('sh', ['-c', command, process.execPath, path.join(ROOT, 'bin/run.js'), ...args], {
    reject: false,
  });
}
