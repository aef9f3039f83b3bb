import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { NameFinder } from '../../../src/lib/files/find-name.js';
import { temporaryFolder } from '../../support/folder.js';

describe('NameFinder', () => {
  const folder = temporaryFolder();

  for (const [disk, list] of [
    ['NFC', 'NFD'],
    ['NFD', 'NFC'],
  ] as const) {
    it(`finds names that are ${disk} on the disk and ${list} in a list, folders' names too`, async () => {
      const place = folder.file('Fälle'.normalize(disk), 'Müller é'.normalize(disk));
      await mkdir(place, { recursive: true });
      await writeFile(path.join(place, 'ü.png'.normalize(disk)), '');
      await writeFile(path.join(place, 'plain.png'), '');
      const finder = new NameFinder();
      for (const name of ['ü.png', 'plain.png']) {
        const asked = folder.file('Fälle'.normalize(list), 'Müller é'.normalize(list), name.normalize(list));
        expect(await finder.find(asked)).to.equal(path.join(place, name.normalize(disk)));
      }
    });
  }

  it('leaves a path as it is where there is no such file, or where both forms are there', async () => {
    const one = folder.file('é'.normalize('NFC'));
    const other = folder.file('é'.normalize('NFD'));
    await writeFile(one, '');
    await writeFile(other, '');
    const finder = new NameFinder();
    expect([await finder.find(one), await finder.find(other)]).to.deep.equal([one, other]);
    for (const missing of ['none.png', 'ö.png', 'Fälle/ö.png']) {
      expect(await finder.find(folder.file(missing))).to.equal(folder.file(missing));
    }
  });
});
