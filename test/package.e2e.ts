import { chmod, lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import type { PredictReport } from '../src/lib/predict/result.js';
import { temporaryFolder } from './support/folder.js';
import { ROOT, WITHOUT_ROOTS_RIGHTS } from './support/ofx.js';

describe('the packed tarball', () => {
  const folder = temporaryFolder();

  it('installed into an empty folder and made read-only, predicts with the model that ships', async function () {
    this.timeout(300_000);
    const { stdout } = await execa(
      'npm',
      ['pack', '--ignore-scripts', '--json', '--pack-destination', folder.path],
      {
        cwd: ROOT,
      },
    );
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    const place = folder.file('place');
    await mkdir(place);
    await writeFile(path.join(place, 'package.json'), '{"private": true}');
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await execa('npm', ['install', ...flags, folder.file(filename)], { cwd: place });
    await makeReadOnly(place);

    const home = folder.file('home');
    await mkdir(home);
    const sample = path.join(place, 'node_modules/ofx/samples/splice-dahlia.jpg');
    const command = [
      ...WITHOUT_ROOTS_RIGHTS,
      path.join(place, 'node_modules/.bin/ofx'),
      ...['predict', sample, '--json', '--out', path.join(home, 'mask.png')],
    ];
    const run = await execa(command[0]!, command.slice(1), {
      cwd: home,
      env: { HOME: home, XDG_DATA_HOME: undefined },
    });
    const { results } = JSON.parse(run.stdout) as PredictReport;
    expect(results).to.have.length(1);
    expect(results[0]).to.have.nested.property('outputs.mask', path.join(home, 'mask.png'));
    await makeReadOnly(place, 0o755);
  });
});

/** Folders only: a file in a folder that may not be written cannot be replaced, and npm's files are written by nobody. */
async function makeReadOnly(folder: string, mode = 0o555): Promise<void> {
  await chmod(folder, mode);
  for (const name of await readdir(folder)) {
    const below = path.join(folder, name);
    if ((await lstat(below)).isDirectory()) await makeReadOnly(below, mode);
  }
}
