import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { cgroupCpuQuota, usableCpus } from '../../../src/lib/core/cpu.js';
import { temporaryFolder } from '../../support/folder.js';

describe('cgroupCpuQuota', () => {
  const folder = temporaryFolder();

  async function quota(self: string, files: Record<string, string>): Promise<number | undefined> {
    await writeFile(folder.file('self'), self);
    for (const [name, content] of Object.entries({ ...files, 'root/empty': '' })) {
      await mkdir(path.dirname(folder.file(name)), { recursive: true });
      await writeFile(folder.file(name), content);
    }
    return cgroupCpuQuota(folder.file('root'), folder.file('self'));
  }

  it('reads version 2, the strictest of the group and its parents', async () => {
    const files = {
      'root/a/b/cpu.max': '400000 100000\n',
      'root/a/cpu.max': '150000 100000\n',
      'root/cpu.max': 'max 100000\n',
    };
    expect(await quota('0::/a/b\n', files)).to.equal(1.5);
  });

  it('reads version 1', async () => {
    const files = { 'root/cpu/a/cpu.cfs_quota_us': '50000\n', 'root/cpu/a/cpu.cfs_period_us': '100000\n' };
    expect(await quota('4:cpu,cpuacct:/a\n', files)).to.equal(0.5);
  });

  it('knows when there is none', async () => {
    expect(await quota('0::/\n', { 'root/cpu.max': 'max 100000\n' })).to.equal(undefined);
    expect(
      await quota('4:cpu:/\n', { 'root/cpu/cpu.cfs_quota_us': '-1', 'root/cpu/cpu.cfs_period_us': '100000' }),
    ).to.equal(undefined);
    expect(cgroupCpuQuota('/nowhere', '/nowhere')).to.equal(undefined);
  });

  it('leaves at least one processor', () => {
    expect(usableCpus()).to.be.at.least(1);
  });
});
