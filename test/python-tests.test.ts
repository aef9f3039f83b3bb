import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { temporaryFolder } from './support/folder.js';
import { ROOT } from './support/ofx.js';

describe('scripts/test-python.sh', () => {
  const folder = temporaryFolder();

  /** Runs it in a project without an environment of its own, where `python3` is a script, or nothing. */
  async function run(python3?: string): Promise<{ exitCode?: number | undefined; stderr: string }> {
    const script = folder.file('scripts/test-python.sh');
    await cp(path.join(ROOT, 'scripts/test-python.sh'), script);
    const bin = folder.file('bin');
    await mkdir(bin);
    for (const tool of ['sh', 'dirname', 'cmp', 'cp']) {
      const { stdout } = await execa('sh', ['-c', `command -v ${tool}`]);
      await symlink(stdout, path.join(bin, tool));
    }
    if (python3 !== undefined) {
      await writeFile(path.join(bin, 'python3'), `#!${path.join(bin, 'sh')}\n${python3}\n`);
      await chmod(path.join(bin, 'python3'), 0o755);
    }
    const env = { PATH: bin };
    return execa(path.join(bin, 'sh'), [script], { env, extendEnv: false, reject: false });
  }

  for (const [what, python3] of [
    ['Python', undefined],
    // As Debian's python3 without python3-venv, and as one that is too old.
    ['its venv module', 'exit 1'],
  ] as const) {
    it(`says in one sentence what to install where ${what} is missing`, async () => {
      const { exitCode, stderr } = await run(python3);
      expect([exitCode, stderr.split('\n').length]).to.deep.equal([69, 1]);
      expect(stderr).to.contain('apt install python3 python3-venv');
    });
  }
});
