import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { cgroupMemoryLimit, memoryForEach } from '../../../src/lib/core/memory.js';
import { temporaryFolder } from '../../support/folder.js';

const MB = 2 ** 20;

describe('the memory that a container has', () => {
  const folder = temporaryFolder();
  const limit = async (self: string, files: Record<string, string>): Promise<number | undefined> => {
    await writeFile(folder.file('self'), self);
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.dirname(folder.file(name)), { recursive: true });
      await writeFile(folder.file(name), content);
    }
    return cgroupMemoryLimit(folder.file('root'), folder.file('self'));
  };

  it('is the strictest of the group and its parents (version 2)', async () => {
    const files = {
      'root/a/b/memory.max': 'max\n',
      'root/a/memory.max': `${700 * MB}\n`,
      'root/memory.max': `${900 * MB}\n`,
    };
    expect(await limit('0::/a/b\n', files)).to.equal(700 * MB);
  });

  it('is read from version 1, too', async () => {
    const self = '4:cpu:/x\n9:memory:/a\n0::/\n';
    expect(await limit(self, { 'root/memory/a/memory.limit_in_bytes': `${512 * MB}\n` })).to.equal(512 * MB);
  });

  it('is not set where the system says so, or says nothing', async () => {
    expect(await limit('0::/a\n', { 'root/a/memory.max': 'max\n' })).to.equal(undefined);
    const none = { 'root/memory/a/memory.limit_in_bytes': '9223372036854771712\n' };
    expect(await limit('9:memory:/a\n', none)).to.equal(undefined);
    expect(cgroupMemoryLimit('/nowhere', '/nowhere')).to.equal(undefined);
  });

  it('is shared among processes, and leaves room for the one that hands out the work', () => {
    expect(memoryForEach(2, 1024 * MB, undefined)).to.be.at.most(1024 * MB);
    expect(memoryForEach(2, 1024 * MB, 1300 * MB)).to.equal(500 * MB);
    expect(memoryForEach(2, 1024 * MB, 8000 * MB)).to.equal(1024 * MB);
    expect(memoryForEach(8, 1024 * MB, 400 * MB)).to.equal(64 * MB);
  });
});
