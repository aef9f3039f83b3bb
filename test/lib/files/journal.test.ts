import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { Journal } from '../../../src/lib/files/journal.js';
import type { JournalSettings } from '../../../src/lib/files/journal-settings.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';

describe('Journal', () => {
  const folder = temporaryFolder();
  const open = (settings: JournalSettings, resume: boolean): Promise<Journal<number>> =>
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

  it('refuses other settings, names them, and keeps what is finished', async () => {
    await (await open({ size: 1, tile: false }, false)).add('a', 1);
    const error = await rejection(open({ size: 2, tile: false }, true));
    expect([error.code, error.message]).to.deep.equal([
      'USAGE',
      `The run in ${folder.file('deep')} cannot be resumed: size was 1 and is 2.`,
    ]);
    expect((await open({ size: 1, tile: false }, true)).finished.size).to.equal(1);
  });

  it('begins again where the file is no journal, or without resume', async () => {
    await (await open({ size: 1 }, false)).add('a', 1);
    await writeFile(folder.file('deep/journal'), 'something else');
    expect((await open({ size: 1 }, true)).finished.size).to.equal(0);
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
