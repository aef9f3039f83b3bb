import { readdir } from 'node:fs/promises';
import { expect } from 'chai';
import { decodeRows } from '../../../src/lib/batch/parquet.js';
import { partName } from '../../../src/lib/batch/part.js';
import { FolderStore } from '../../../src/lib/batch/store/folder-store.js';
import { figures } from '../../support/batch.js';
import { temporaryFolder } from '../../support/folder.js';
import { planNull, startNullWorker } from '../../support/null-run.js';

describe('an image that kills the whole worker', () => {
  const folder = temporaryFolder();

  it('becomes a row after the third time, and the others of its shard are scored (test 7)', async () => {
    await planNull(folder.file('run'), 40, 20);
    const statuses: (number | null)[] = [];
    for (let start = 0; start < 6 && statuses.at(-1) !== 0; start++)
      statuses.push(
        await startNullWorker(folder.file('run'), '-', 30_000, 1, { DIES_OF: 'image-7.jpg' }).exited,
      );
    expect(statuses).to.deep.equal([null, null, null, 0]);
    const store = new FolderStore(folder.file('run'));
    const rows = await decodeRows((await store.read(partName(0)))!);
    expect(rows.filter(({ score }) => score !== null)).to.have.lengthOf(19);
    expect(rows[7]!.errorCode).to.equal('WORKER_LOST');
    // What is left names the image and those that died, and nobody counts as having a shard.
    expect((await readdir(folder.file('run/suspects'))).map((name) => name.split('~')[0])).to.deep.equal([
      '000000-7',
    ]);
    figures('a worker that is killed at one image: 3 deaths, then its row and 39 others');
  });
});
