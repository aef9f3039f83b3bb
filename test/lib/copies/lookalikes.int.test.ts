import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { findCopies } from '../../../src/lib/copies/find-copies.js';
import { decodeImage } from '../../../src/lib/image/decode/index.js';
import { describeWithPython, python, PYTHON_PATH } from '../../support/python.js';
import { temporaryFolder } from '../../support/folder.js';
import { asPhoto, LOOKALIKES } from './lookalikes.js';

describe('pictures in which things look alike and nothing was copied', () => {
  for (const [kind, draw] of Object.entries(LOOKALIKES)) {
    it(`are not taken for copies: ${kind}`, async () => {
      let alarms = 0;
      for (let seed = 1; seed <= 4; seed++) {
        for (const quality of [92, 70]) {
          if (findCopies(await asPhoto(await draw(seed), seed, quality)).pairs.length > 0) alarms++;
        }
      }
      expect(alarms).to.equal(0);
    });
  }
});

describeWithPython('made documents that nobody forged', () => {
  const folder = temporaryFolder();

  it('are not taken for copies, on 95 of 100 pages', async () => {
    python(
      path.join(PYTHON_PATH, 'workshop/make_documents.py'),
      folder.path,
      '--count',
      '80',
      '--seed',
      '15',
    );
    const rows = (await readFile(folder.file('split.txt'), 'utf8')).trim().split('\n');
    const untouched = rows.map((row) => row.split('\t')).filter(([, , label]) => label === '0');
    expect(untouched).to.have.length(40);
    let alarms = 0;
    for (const [name] of untouched) {
      if (findCopies(await decodeImage(folder.file(name!))).pairs.length > 0) alarms++;
    }
    expect(alarms).to.be.at.most(2);
  });
});
