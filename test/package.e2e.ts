import { chmod, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { minVersion, satisfies } from 'semver';
import type { PredictReport } from '../src/lib/predict/result.js';
import { temporaryFolder } from './support/folder.js';
import { ROOT, WITHOUT_ROOTS_RIGHTS } from './support/ofx.js';

interface Lock {
  packages: Record<string, { version: string; dev?: boolean; engines?: { node?: string } }>;
}

async function readLock(): Promise<Lock> {
  return JSON.parse(await readFile(path.join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
}

describe('the packages that ofx needs', () => {
  it('run on every Node.js that ofx runs on', async () => {
    const { packages } = await readLock();
    const oldest = minVersion(packages['']!.engines!.node!)!;
    const unfit = Object.entries(packages)
      .filter(([, { dev, engines }]) => !dev && engines?.node && !satisfies(oldest, engines.node))
      .map(([place]) => place);
    expect(unfit).to.deep.equal([]);
  });
});

describe('the packed tarball', () => {
  const folder = temporaryFolder();

  it('installs the packages that were tested, without a word of ours, and predicts from a read-only place', async function () {
    this.timeout(600_000);
    const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder.path];
    const packing = { cwd: ROOT };
    await execa('npm', ['run', 'prepack'], packing);
    const { stdout } = await execa('npm', pack, packing).finally(() =>
      execa('npm', ['run', 'postpack'], packing),
    );
    const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    expect(files.map((file) => file.path)).to.include.members([
      'CHANGELOG.md',
      'deploy/Dockerfile',
      'deploy/ofx.service',
      'docs/serve.md',
      'docs/images/result.png',
    ]);
    const place = folder.file('place');
    await mkdir(place);
    await writeFile(path.join(place, 'package.json'), '{"private": true}');
    const flags = ['--engine-strict', '--no-audit', '--no-fund', '--prefer-offline'];
    const installed = await execa('npm', ['install', ...flags, folder.file(filename)], {
      cwd: place,
      env: { ONNXRUNTIME_NODE_INSTALL: 'skip' },
    });
    expect(installed.stderr).to.not.contain('ofx@').and.to.not.contain('deprecated');
    const { packages } = await readLock();
    const tested = new Set(
      Object.entries(packages).map(([at, { version }]) => `${at.split('node_modules/').at(-1)}@${version}`),
    );
    const there = await packagesBelow(path.join(place, 'node_modules'));
    expect(there.length).to.be.above(200);
    expect(there.filter((one) => !tested.has(one) && !one.startsWith('ofx@'))).to.deep.equal([]);
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

    // What only some installations need is not there, and the message says how to get it.
    const traced = await execa(
      path.join(place, 'node_modules/.bin/ofx'),
      ['serve', '--port', '0', '--otlp-endpoint', 'http://127.0.0.1:4318'],
      { cwd: home, reject: false },
    );
    expect(traced.exitCode).to.equal(69);
    expect(traced.stderr).to.contain('npm install @opentelemetry/api@');
  });
});

/** Every package in a folder of packages, and below those, as `name@version`. */
async function packagesBelow(folder: string, scope = ''): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith('.')) continue;
    const below = path.join(folder, name);
    if (name.startsWith('@')) found.push(...(await packagesBelow(below, `${name}/`)));
    else {
      const text = await readFile(path.join(below, 'package.json'), 'utf8');
      found.push(`${scope}${name}@${(JSON.parse(text) as { version: string }).version}`);
      found.push(...(await packagesBelow(path.join(below, 'node_modules'))));
    }
  }
  return found;
}

/** Folders only: a file in a folder that may not be written cannot be replaced, and npm's files are written by nobody. */
async function makeReadOnly(folder: string, mode = 0o555): Promise<void> {
  await chmod(folder, mode);
  for (const name of await readdir(folder)) {
    const below = path.join(folder, name);
    if ((await lstat(below)).isDirectory()) await makeReadOnly(below, mode);
  }
}
