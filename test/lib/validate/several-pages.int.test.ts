import { copyFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { checkDataset } from '../../../src/lib/dataset/check.js';
import { parseDistortions } from '../../../src/lib/validate/distortions.js';
import { validate } from '../../../src/lib/validate/validate.js';
import { drawRectangles, makeDataset, SIDE } from '../../support/dataset.js';
import { temporaryFolder } from '../../support/folder.js';
import { tinyValidation } from '../../support/validate-request.js';

const ODDITIES = path.join(import.meta.dirname, '../../fixtures/oddities');

describe('a data set with files of several pages', () => {
  const folder = temporaryFolder();
  const data = (...parts: string[]): string => folder.file('data', ...parts);

  async function pagesOf(name: string, ending: 'tif' | 'gif'): Promise<void> {
    const pages = [data('images/004.png'), data('images/001.png')];
    const joined = sharp(pages, { join: { animated: true } });
    await (ending === 'gif' ? joined.gif() : joined.tiff()).toFile(data(name));
  }

  beforeEach(async () => {
    await makeDataset(data(), 8);
    await pagesOf('images/pages.tif', 'tif');
    await pagesOf('masks/pages.tif', 'tif');
    await pagesOf('images/moving.gif', 'gif');
    await pagesOf('masks/moving.gif', 'gif');
    await copyFile(path.join(ODDITIES, 'tiff-page-and-thumbnail.tif'), data('images/thumbnail.tif'));
    await drawRectangles(data('masks/thumbnail.png'), [[2, 2, 20, 20]], [47, 33]);
    const lines = [
      'images/000.png\tmasks/0.png\t1',
      'images/001.png\tNone\t0',
      'images/002.png\tmasks/pages.tif\t1',
      'images/003.png\tNone\t0',
      'images/004.png\tmasks/moving.gif\t1',
      'images/pages.tif\tNone\t0',
      'images/moving.gif\tNone\t0',
      'images/thumbnail.tif\tmasks/thumbnail.png\t1',
    ];
    await writeFile(data('split.txt'), lines.join('\n'));
  });

  it('is told by `dataset check`, and its clean list leaves them out', async () => {
    const { findings, counts, fixed } = await checkDataset({
      dataset: data(),
      networkSize: SIDE,
      fix: folder.file('clean.txt'),
    });
    const found = Object.fromEntries(findings.map((finding) => [finding.code, finding]));
    expect(found['several-pages']).to.deep.include({ severity: 'error', count: 3 });
    expect(found['several-pages']!.examples.join('\n'))
      .to.match(/images\/002\.png: .*pages\.tif has 2 pages/)
      .and.match(/images\/004\.png: .*moving\.gif is an animation/)
      .and.match(/images\/pages\.tif: .*2 pages/);
    expect(found['animation-image']!.examples).to.deep.equal(['images/moving.gif']);
    expect([counts.unreadable, fixed!.samples]).to.deep.equal([3, 5]);
  });

  it('has no number of a page that nobody chose, and names what to do', async () => {
    const out = folder.file('run');
    const { summary, rows } = await validate(
      await tinyValidation({
        dataset: data(),
        out,
        saveMaps: 'float16',
        robustness: parseDistortions(['jpeg:50']),
      }),
    );
    const failed = rows.filter(({ error }) => error !== null).map(({ image }) => image);
    expect(failed).to.deep.equal(['images/002.png', 'images/004.png', 'images/pages.tif']);
    expect(rows.find(({ image }) => image === 'images/pages.tif')!.error).to.match(/has 2 pages/);
    expect(rows.find(({ image }) => image === 'images/002.png')!.error).to.match(
      /ground truth.* has 2 pages/,
    );
    const codes = summary.dataset.findings.map(({ code }) => code);
    expect(codes).to.include('animation-image');
    const maps = await readdir(path.join(out, 'maps'), { recursive: true });
    expect(maps.join()).to.include('thumbnail').and.not.include('pages').and.not.include('002');
  });

  it('reads the photo of a file that holds a small copy of it, too, and its mask likewise', async () => {
    await copyFile(path.join(ODDITIES, 'tiff-page-and-thumbnail.tif'), data('masks/thumbnail.tif'));
    await writeFile(data('split.txt'), 'images/thumbnail.tif\tmasks/thumbnail.tif\t1');
    // Its first page, which is a photo, and so is no mask.
    const { findings } = await checkDataset({ dataset: data(), networkSize: SIDE });
    const told = findings.flatMap(({ message, examples }) => [message, ...examples]).join(' ');
    expect(told)
      .to.contain('looks like a photo')
      .and.not.to.match(/several pages|2 pages/);
  });
});
