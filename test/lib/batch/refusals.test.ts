import { mkdir, rm, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { Unfit } from '../../../src/lib/batch/failures.js';
import { FolderFetcher } from '../../../src/lib/batch/fetch.js';
import { MOST_REFUSALS, Refusals } from '../../../src/lib/batch/refusals.js';
import { OfxError } from '../../../src/lib/core/errors.js';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';

const limits = { maxPixels: 1e8, maxBytes: 1e6 };
const refusal = new OfxError('INPUT_UNREADABLE', 'may not be read');

describe('images that may not be read', () => {
  const folder = temporaryFolder();
  const codes = async (fetcher: FolderFetcher, count: number) => {
    const found: string[] = [];
    for (let i = 0; i < count; i++) {
      await mkdir(folder.file('in', `${i}.jpg`), { recursive: true });
      found.push((await rejection(fetcher.fetch({ key: `in/${i}.jpg` }))).code);
    }
    return found;
  };

  it('are rows, also where there is nothing else', async () => {
    const fetcher = new FolderFetcher({ folders: ['in'], limits }, folder.path);
    expect(new Set(await codes(fetcher, 3 * MOST_REFUSALS))).to.deep.equal(new Set(['INPUT_UNREADABLE']));
  });

  it('are this machine’s fault where the last one that could be read cannot any more', async () => {
    const fetcher = new FolderFetcher({ folders: [], limits }, folder.path);
    await mkdir(folder.file('in'), { recursive: true });
    await writeFile(folder.file('in/good.png'), 'x');
    await fetcher.fetch({ key: 'in/good.png' });
    expect(new Set(await codes(fetcher, MOST_REFUSALS))).to.deep.equal(new Set(['INPUT_UNREADABLE']));
    await rm(folder.file('in/good.png'));
    expect((await codes(fetcher, MOST_REFUSALS)).at(-1)).to.equal('IO_FAILED');
  });

  it('are rows where others of the run can be read, and the machine’s fault where none can', async () => {
    const judge = async (readable: readonly string[]) => {
      const asked: string[] = [];
      const refusals = new Refusals({
        canRead: ({ key }) => {
          asked.push(key);
          return Promise.resolve(readable.includes(key));
        },
        isThere: () => Promise.resolve(false),
        sample: () => Promise.resolve([{ key: 'a' }, { key: 'b' }, { key: 'c' }]),
      });
      let last: OfxError | undefined;
      for (let i = 0; i < MOST_REFUSALS; i++) last = await refusals.judged({ key: 'bad' }, refusal);
      return { isUnfit: last instanceof Unfit, asked };
    };
    expect(await judge(['b'])).to.deep.equal({ isUnfit: false, asked: ['a', 'b'] });
    expect(await judge([])).to.deep.equal({ isUnfit: true, asked: ['a', 'b', 'c'] });
  });
});
