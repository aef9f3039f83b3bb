import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { codeCacheFile, IMPORT, runBundle } from '../../../src/lib/cli/code-cache.js';
import { temporaryFolder } from '../../support/folder.js';
import { ROOT } from '../../support/ofx.js';

interface Exports {
  there: string;
  separator: () => Promise<string>;
}

describe('a bundle with a code cache', () => {
  const folder = temporaryFolder();
  const source = `
    exports.there = require('node:path').basename(__filename);
    exports.separator = async () => (await ${IMPORT}('node:path')).sep;`;

  async function bundle(name: string): Promise<string> {
    const file = folder.file(name);
    await writeFile(file, source);
    return file;
  }

  it('runs without one, and the same from one, imports included', async () => {
    const file = await bundle('a.cjs');
    const first = runBundle(file);
    expect(first.script.cachedDataRejected).to.equal(undefined);
    await writeFile(codeCacheFile(file), first.script.createCachedData());
    const second = runBundle(file);
    expect(second.script.cachedDataRejected).to.equal(false);
    for (const { exports } of [first, second]) {
      const { there, separator } = exports as Exports;
      expect(there).to.equal('a.cjs');
      expect(await separator()).to.equal(path.sep);
    }
  });

  it('is compiled where the cache is of another V8, or none at all', async () => {
    const file = await bundle('b.cjs');
    await writeFile(codeCacheFile(file), 'no bytecode');
    const { script, exports } = runBundle(file);
    expect(script.cachedDataRejected).to.equal(true);
    expect((exports as Exports).there).to.equal('b.cjs');
  });

  it('knows bytecode of another Node.js by its name: V8 takes it, and crashes', () => {
    expect(path.basename(codeCacheFile('core.cjs')).split('-')).to.include.members([
      `core.cjs.${process.version}`,
      `${process.arch}.cache`,
    ]);
  });

  it('is how the build starts oclif', () => {
    expect(runBundle(path.join(ROOT, 'dist/oclif/core.cjs')).script.cachedDataRejected).to.equal(false);
  });
});
