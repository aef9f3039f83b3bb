import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { compare } from '../../../src/lib/compare/compare.js';
import type { RunRecord } from '../../../src/lib/run/record.js';
import { validate } from '../../../src/lib/validate/validate.js';
import { makeDataset } from '../../support/dataset.js';
import { tinyValidation } from '../../support/validate-request.js';
import { temporaryFolder } from '../../support/folder.js';

describe('the order of samples and their layout', () => {
  const folder = temporaryFolder();

  async function run(dataset: string, out: string): Promise<RunRecord> {
    return validate(
      await tinyValidation({
        dataset: folder.file(dataset),
        out: folder.file(out),
      }),
    );
  }

  beforeEach(async () => {
    await makeDataset(folder.file('data'), 20);
  });

  it('change no number and no interval', async () => {
    await cp(folder.file('data'), folder.file('reversed'), { recursive: true });
    const lines = (await readFile(folder.file('data/split.txt'), 'utf8')).trim().split('\n');
    await writeFile(folder.file('reversed/split.txt'), `${lines.reverse().join('\n')}\n`);
    // The same photos in folders of another layout, with masks named after them.
    for (const name of ['Tp', 'Gt', 'Au']) await mkdir(folder.file('other', name), { recursive: true });
    await cp(folder.file('data'), folder.file('copy'), { recursive: true });
    for (const line of lines) {
      const [image, mask, label] = line.split('\t') as [string, string, string];
      const name = image.slice('images/'.length);
      await rename(folder.file('copy', image), folder.file('other', label === '1' ? 'Tp' : 'Au', name));
      if (label === '1') await rename(folder.file('copy', mask), folder.file('other/Gt', name));
    }

    const { summary: first } = await run('data', 'run-1');
    const { summary: second } = await run('reversed', 'run-2');
    const { summary: third } = await run('other', 'run-3');
    expect(third.dataset.layout).to.equal('tp-gt');
    for (const { metrics, sources, headline } of [second, third]) {
      expect(metrics).to.deep.equal(first.metrics);
      expect(sources).to.deep.equal(first.sources);
      expect(headline).to.deep.equal(first.headline);
    }
  });

  it('change no interval of a comparison', async () => {
    const lines = (await readFile(folder.file('data/split.txt'), 'utf8')).trim().split('\n');
    await run('data', 'run-1');
    await writeFile(folder.file('data/split.txt'), `${lines.reverse().join('\n')}\n`);
    await run('data', 'run-2');
    const options = { match: false, seed: 1, images: 5, failOn: [] };
    const pair = async (...runs: string[]) =>
      (await compare({ runs: runs.map((name) => folder.file(name)), ...options })).comparisons[0]!
        .differences;
    expect(await pair('run-2', 'run-1')).to.deep.equal(await pair('run-1', 'run-2'));
    expect((await pair('run-1', 'run-2'))['pixel.macro.f1'].verdict).to.equal('equal');
  });
});
