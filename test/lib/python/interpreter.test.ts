import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import {
  environmentPython,
  findPython,
  isComplete,
  probePython,
  REQUIRED_PACKAGES,
  REQUIREMENTS,
} from '../../../src/lib/python/interpreter.js';
import { temporaryFolder } from '../../support/folder.js';
import { describeWithPython, PYTHON } from '../../support/python.js';
import { rejection } from '../../support/rejection.js';

/** A virtual environment with nothing in it. */
function bareEnvironment(folder: string): string {
  execFileSync('python3', ['-m', 'venv', '--without-pip', folder]);
  return folder;
}

describe('the search for a Python', () => {
  const folder = temporaryFolder();
  const dataHome = process.env['XDG_DATA_HOME'];
  beforeEach(() => {
    process.env['XDG_DATA_HOME'] = folder.file('data');
  });
  afterEach(() => {
    if (dataHome === undefined) delete process.env['XDG_DATA_HOME'];
    else process.env['XDG_DATA_HOME'] = dataHome;
  });

  it('names what a bare environment lacks, and the command that fixes it', async () => {
    const executable = environmentPython(bareEnvironment(folder.file('bare')));
    const error = await rejection(findPython(executable));
    expect(error.code).to.equal('PYTHON_PACKAGE_MISSING');
    expect(error.exitStatus).to.equal(69);
    expect(error.message).to.equal(`${executable} lacks ${REQUIRED_PACKAGES.join(', ')}.`);
    expect(error.suggestion).to.contain(`${executable} -m pip install -r ${REQUIREMENTS}`);
    expect(error.suggestion).to.contain('ofx convert --setup');
  });

  it('says how to get one where there is none', async () => {
    const error = await rejection(findPython(undefined, { env: {} }));
    expect(error.code).to.equal('PYTHON_MISSING');
    expect(error.exitStatus).to.equal(69);
    expect(error.suggestion).to.contain('ofx convert --setup').and.to.contain(folder.file('data'));
  });

  it('looks at the active virtual environment, and tells what it lacks', async () => {
    const env = { VIRTUAL_ENV: bareEnvironment(folder.file('active')) };
    const error = await rejection(findPython(undefined, { env }));
    expect(error.code).to.equal('PYTHON_PACKAGE_MISSING');
    expect(error.message).to.contain(folder.file('active'));
  });

  it('does not take a program that is no Python', async () => {
    for (const program of [folder.file('nowhere'), process.execPath]) {
      const error = await rejection(probePython(program));
      expect(error.code, program).to.equal('PYTHON_MISSING');
      expect(error.message).to.contain(program);
      expect(error.suggestion).to.contain('--python');
    }
  });

  it('says how a program failed, without the script that it was given', async () => {
    const { message } = await rejection(probePython('/bin/false'));
    expect(message).to.equal('/bin/false is not a working Python (exit status 1).');
  });

  it('does not take a Python that is too old', async () => {
    // No machine has a Python 3.8 any more: this one only speaks like it.
    const old = folder.file('old-python');
    await writeFile(old, `#!/bin/sh\necho '{"version": [3, 8, 20], "missing": []}'\n`, { mode: 0o755 });
    const error = await rejection(findPython(old));
    expect(error.code).to.equal('PYTHON_MISSING');
    expect(error.message).to.contain('3.8.20').and.to.contain('3.11');
  });

  it('is not led astray by modules in the current folder', async () => {
    await writeFile(folder.file('json.py'), 'raise SystemExit(1)');
    const here = process.cwd();
    process.chdir(folder.path);
    try {
      expect((await probePython('python3')).version[0]).to.equal(3);
    } finally {
      process.chdir(here);
    }
  });

  describeWithPython('with PyTorch', () => {
    it('takes the one that is named', async () => {
      const probe = await findPython(PYTHON, { env: {} });
      expect(probe.executable).to.equal(PYTHON);
      expect(isComplete(probe)).to.equal(true);
    });
  });
});
