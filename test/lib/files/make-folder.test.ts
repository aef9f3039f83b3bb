import { stat, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { systemCode } from '../../../src/lib/core/errors.js';
import { createFolder } from '../../../src/lib/files/journal.js';
import { makeFolder } from '../../../src/lib/files/make-folder.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';

describe('makeFolder', () => {
  const folder = temporaryFolder();

  it('makes all that is missing, also twice at once', async () => {
    const deep = folder.file('a/b/c');
    await Promise.all([makeFolder(deep), makeFolder(deep)]);
    await makeFolder(deep);
    expect((await stat(deep)).isDirectory()).to.equal(true);
  });

  it('refuses a place below a file', async () => {
    await writeFile(folder.file('file'), '');
    const error = await makeFolder(folder.file('file/a/b')).catch((reason: unknown) => reason);
    expect(systemCode(error)).to.equal('EEXIST');
  });

  it('ends where a folder that is there takes none', async function () {
    if (process.platform !== 'linux') this.skip();
    const error = await rejection(createFolder('/proc/none/deep'));
    expect([error.code, error.suggestion]).to.deep.equal([
      'OUTPUT_UNWRITABLE',
      'Choose a place that you may write to.',
    ]);
  });
});
