import { chmod, mkdir, readdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { setUpPython } from '../../../src/lib/python/environment.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';

describe("ofx's own Python environment", () => {
  const folder = temporaryFolder();
  const before = { ...process.env };
  beforeEach(() => {
    process.env['XDG_DATA_HOME'] = folder.file('data');
    // pip looks nowhere but where it is told to.
    process.env['PIP_CONFIG_FILE'] = os.devNull;
    delete process.env['PIP_EXTRA_INDEX_URL'];
    delete process.env['PIP_FIND_LINKS'];
  });
  afterEach(() => {
    // The object itself stays: libraries keep a reference to it.
    for (const name of Object.keys(process.env))
      if (!(name in before)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before);
  });

  it('passes --torch-index to pip, and tells in one sentence what pip cannot install', async () => {
    await mkdir(folder.file('empty-index'));
    const steps: string[] = [];
    const torchIndex = pathToFileURL(folder.file('empty-index')).href;
    const error = await rejection(setUpPython({ torchIndex, onStep: (step) => steps.push(step) }));
    expect(error.code).to.equal('PYTHON_PACKAGE_MISSING');
    expect(error.message).to.match(/^pip could not install torch==[\d.]+: ERROR: No matching distribution/);
    expect(error.message).not.to.contain('\n');
    expect(error.suggestion).to.contain('--torch-index');
    expect(steps).to.deep.equal(['Making a Python environment', 'Installing PyTorch']);
    // What is there now is no complete environment, and the next --setup begins again.
    expect(await readdir(folder.file('data', 'ofx'))).to.deep.equal(['python']);
  });

  it('needs a Python to begin with', async () => {
    const error = await rejection(setUpPython({ python: folder.file('nowhere') }));
    expect(error.code).to.equal('PYTHON_MISSING');
    expect(error.message).to.contain(folder.file('nowhere'));
  });

  it('needs a folder that can be written', async function () {
    if (process.getuid?.() === 0) this.skip(); // root may write everywhere
    await mkdir(folder.file('data'));
    await chmod(folder.file('data'), 0o500);
    const error = await rejection(setUpPython());
    expect(error.code).to.equal('OUTPUT_UNWRITABLE');
    expect(error.message).to.contain(path.join('data', 'ofx'));
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const setup = setUpPython({
      onStep: () => {
        abort.abort(reason);
      },
      signal: abort.signal,
    });
    expect(await setup.catch((error: unknown) => error)).to.equal(reason);
  });
});
