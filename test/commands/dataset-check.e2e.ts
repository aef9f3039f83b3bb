import { copyFile, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import type { DatasetCheck } from '../../src/lib/dataset/check-result.js';
import { drawRectangles } from '../support/dataset.js';
import { temporaryFolder } from '../support/folder.js';
import { ofx, ROOT } from '../support/ofx.js';
import { expectSchema } from '../support/schema.js';
import { describeWithSharedData, SHARED_DATA } from '../support/shared-data.js';

const PHOTO = path.join(ROOT, 'samples/authentic-cat.jpg');

describe('ofx dataset check', () => {
  const folder = temporaryFolder();
  const data = (...parts: string[]): string => folder.file('data', ...parts);

  /** A tampered image with its mask; every image is another one. */
  async function tampered(name: string, shade: number): Promise<void> {
    await drawRectangles(data(`Tp/${name}.png`), [[shade, 4, 8, 8]]);
    await drawRectangles(data(`Gt/${name}_gt.png`), [[8, 8, 20, 20]]);
  }

  beforeEach(async () => {
    await Promise.all([tampered('a', 1), tampered('b', 2), tampered('c', 3)]);
    await drawRectangles(data('Au/x.png'), [[40, 40, 8, 8]]);
    await drawRectangles(data('Au/y.png'), [[41, 40, 8, 8]]);
  });

  async function check(...flags: string[]): Promise<DatasetCheck & { exitCode: number | undefined }> {
    const { exitCode, stdout } = await ofx(['dataset', 'check', data(), '--json', ...flags]);
    const document = JSON.parse(stdout) as DatasetCheck;
    await expectSchema('dataset-check', document);
    return { ...document, exitCode };
  }

  const found = ({ findings }: DatasetCheck): Record<string, string[]> =>
    Object.fromEntries(findings.map(({ code, examples }) => [code, examples]));

  it('has nothing to complain about where all is well', async () => {
    const { exitCode, stdout } = await ofx(['dataset', 'check', data(), '--size', '64']);
    expect(exitCode).to.equal(0);
    expect(stdout).to.contain('3 tampered, 2 authentic').and.to.contain('Nothing to complain about');
  });

  it('finds masks that are missing, strangers, empty, inverted, of another size, grey, smooth, or photos', async () => {
    await Promise.all(['d', 'e', 'f', 'g', 'h', 'i'].map((name, index) => tampered(name, 10 + index)));
    await drawRectangles(data('Tp/lonely.png'), [[30, 4, 8, 8]]);
    await drawRectangles(data('Gt/stranger.png'), [[8, 8, 20, 20]]);
    await drawRectangles(data('Gt/d_gt.png'), []);
    await drawRectangles(data('Gt/e_gt.png'), [
      [0, 0, 64, 20],
      [0, 40, 64, 24],
      [0, 20, 20, 20],
      [40, 20, 24, 20],
    ]);
    await drawRectangles(data('Gt/f_gt.png'), [[8, 8, 10, 10]], [32, 32]);
    await sharp({ create: { width: 64, height: 64, channels: 3, background: '#c0c0c0' } })
      .png()
      .toFile(data('Gt/g_gt.png'));
    await drawRectangles(data('Gt/h_gt.png'), [[16, 16, 32, 32]]);
    await sharp(await readFile(data('Gt/h_gt.png')))
      .blur(12)
      .png()
      .toFile(data('Gt/h_gt.png'));
    await sharp(PHOTO).resize(64, 64).png().toFile(data('Gt/i_gt.png'));
    const report = await check();
    expect(found(report)).to.deep.include({
      'missing-mask': ['Tp/lonely.png'],
      'unmatched-mask': ['stranger.png'],
      'empty-truth': ['Tp/d.png'],
      'inverted-truth': ['Tp/e.png'],
      'size-differs': ['Tp/f.png'],
      'full-truth': ['Tp/g.png'],
      'grey-truth': ['Tp/g.png'],
      'photo-as-truth': ['Tp/h.png'],
    });
    expect(report.exitCode).to.equal(4);
    expect(report.counts).to.include({ samples: 12, tampered: 9, authentic: 2, withTruth: 7 });
    expect(found(report)['unreadable']![0]).to.match(/^Tp\/i.png: .*photo/);
  });

  it('finds files that cannot be read, and contents that come twice', async () => {
    await writeFile(data('Au/broken.png'), 'no picture');
    await copyFile(data('Au/x.png'), data('Au/z.png'));
    await copyFile(data('Tp/a.png'), data('Au/w.png'));
    const report = await check();
    expect(found(report)).to.deep.include({
      'duplicate-image': ['Au/z.png = Au/x.png'],
      'contradicting-labels': ['Au/w.png = Tp/a.png'],
    });
    expect(found(report)['unreadable']![0]).to.match(/^Au\/broken.png: /);
    expect(report.counts.unreadable).to.equal(1);
  });

  it('writes a list of what raises no doubt, which is found from then on, and touches nothing else', async () => {
    await writeFile(data('Au/broken.png'), 'no picture');
    await copyFile(data('Au/x.png'), data('Au/z.png'));
    await drawRectangles(data('Gt/b_gt.png'), []);
    const before = await readdir(data(), { recursive: true });
    const report = await check('--fix');
    expect(report.fixed).to.deep.equal({ file: data('clean_split.txt'), samples: 4, dropped: 3 });
    expect(await readFile(data('clean_split.txt'), 'utf8')).to.equal(
      'Tp/a.png\tGt/a_gt.png\t1\nTp/c.png\tGt/c_gt.png\t1\nAu/x.png\tNone\t0\nAu/y.png\tNone\t0\n',
    );
    expect(await readdir(data(), { recursive: true })).to.have.members([...before, 'clean_split.txt']);
    const again = await check('--size', '64');
    expect([again.layout, again.counts.samples, again.findings]).to.deep.equal(['split-file', 4, []]);
  });
});

describeWithSharedData('ofx dataset check on the shared data', () => {
  it('finds all samples of casia1-dev sound', async () => {
    const { exitCode, stdout } = await ofx([
      'dataset',
      'check',
      path.join(SHARED_DATA, 'casia1-dev'),
      '--json',
    ]);
    expect(exitCode).to.equal(0);
    const { counts, findings } = JSON.parse(stdout) as DatasetCheck;
    expect(counts).to.include({ tampered: 100, authentic: 100, withTruth: 100, unreadable: 0 });
    expect(findings.filter(({ severity }) => severity !== 'note')).to.deep.equal([]);
  });
});
