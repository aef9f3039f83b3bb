import { appendFile, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { Journal } from '../../../src/lib/jobs/journal.js';
import { temporaryFolder } from '../../support/folder.js';

describe('Journal', () => {
  const folder = temporaryFolder();
  const open = (settings: unknown, resume: boolean): Promise<Journal<number>> =>
    Journal.open<number>(folder.file('deep/journal'), settings, resume);

  it('gives back what was finished with the same settings', async () => {
    const journal = await open({ size: 1 }, false);
    await journal.add('a', 1);
    await journal.add('b', 2);
    expect([...(await open({ size: 1 }, true)).finished]).to.deep.equal([
      ['a', 1],
      ['b', 2],
    ]);
  });

  it('gives nothing back under other settings, or without resume', async () => {
    await (await open({ size: 1 }, false)).add('a', 1);
    expect((await open({ size: 2 }, true)).finished.size).to.equal(0);
    await (await open({ size: 1 }, false)).add('a', 1);
    expect((await open({ size: 1 }, false)).finished.size).to.equal(0);
  });

  it('survives a line that a crash cut short', async () => {
    await (await open({}, false)).add('a', 1);
    await appendFile(folder.file('deep/journal'), '{"key":"b","ent');
    const resumed = await open({}, true);
    expect([...resumed.finished.keys()]).to.deep.equal(['a']);
    await resumed.add('c', 3);
    expect([...(await open({}, true)).finished.keys()]).to.deep.equal(['a', 'c']);
    expect(await readFile(folder.file('deep/journal'), 'utf8')).to.not.contain('"b"');
  });
});
