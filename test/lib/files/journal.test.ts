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
    const resumed = await open({ size: 1 }, true);
    expect([await resumed.find('a'), await resumed.find('b'), await resumed.find('c')]).to.deep.equal([
      1,
      2,
      undefined,
    ]);
    await resumed.close();
  });

  it('refuses other settings, names them, and keeps what is finished', async () => {
    await (await open({ size: 1, tile: false }, false)).add('a', 1);
    const error = await rejection(open({ size: 2, tile: false }, true));
    expect([error.code, error.message]).to.deep.equal([
      'USAGE',
      `The run in ${folder.file('deep')} cannot be resumed: size was 1 and is 2.`,
    ]);
    expect((await open({ size: 1, tile: false }, true)).finished).to.equal(1);
  });

  it('begins again where the file is no journal, or without resume', async () => {
    await (await open({ size: 1 }, false)).add('a', 1);
    await writeFile(folder.file('deep/journal'), 'something else');
    expect((await open({ size: 1 }, true)).finished).to.equal(0);
    await (await open({ size: 1 }, false)).add('a', 1);
    expect((await open({ size: 1 }, false)).finished).to.equal(0);
  });

  it('survives a line that a crash cut short', async () => {
    await (await open({}, false)).add('a', 1);
    await appendFile(folder.file('deep/journal'), '{"key":"b","ent');
    const resumed = await open({}, true);
    expect([resumed.finished, await resumed.find('a')]).to.deep.equal([1, 1]);
    await resumed.add('c', 3);
    const again = await open({}, true);
    expect([again.finished, await again.find('a'), await again.find('c')]).to.deep.equal([2, 1, 3]);
    await Promise.all([resumed.close(), again.close()]);
    expect(await readFile(folder.file('deep/journal'), 'utf8')).to.not.contain('"b"');
  });

  it('finds what was written last of a key, in lines of any length', async () => {
    const journal = await Journal.open<string>(folder.file('deep/journal'), {}, false);
    await journal.add('a', 'first');
    await journal.add('ä', 'é'.repeat(10_000));
    await journal.add('a', 'last');
    const resumed = await Journal.open<string>(folder.file('deep/journal'), {}, true);
    expect([await resumed.find('ä'), await resumed.find('a')]).to.deep.equal(['é'.repeat(10_000), 'last']);
    await resumed.close();
  });
});
