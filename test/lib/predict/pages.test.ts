import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { Analyser } from '../../../src/lib/predict/analyse.js';
import { image } from '../../fixtures/fixtures.js';
import { TINY_MODEL } from '../../support/models.js';
import { rejection } from '../../support/rejection.js';

const ODDITIES = path.join(import.meta.dirname, '../../fixtures/oddities');
const THREE = path.join(ODDITIES, 'tiff-three-pages.tif');

describe('an analysis of several pages', () => {
  let analyser: Analyser;

  before(async () => {
    analyser = await Analyser.open(await findModel(TINY_MODEL), { size: 64, threads: 1, concurrency: 1 });
  });

  after(async () => analyser.close());

  it('looks at every page, and gives the one with the highest score', async () => {
    const { prediction, files } = await analyser.analyse('scan', THREE, {
      minArea: 0,
      outputs: { mask: 'png' },
    });
    const { pages = [], page, score, width, height, warnings } = prediction;
    expect(pages.map((one) => one.page)).to.deep.equal([1, 2, 3]);
    const best = pages.find((one) => one.page === page)!;
    expect([best.score, score]).to.deep.equal([Math.max(...pages.map((one) => one.score)), best.score]);
    expect(warnings.join()).to.include(`of 3 pages is that of page ${page}`);
    const mask = await sharp(files.mask).metadata();
    expect([mask.width, mask.height]).to.deep.equal([width, height]);
    // Each page has the score that it has alone.
    for (const one of pages) {
      const alone = await analyser.analyse('scan', THREE, { minArea: 0, page: one.page });
      expect(alone.prediction.score).to.equal(one.score);
      expect(alone.prediction.pages).to.equal(undefined);
      expect(alone.prediction.warnings.join()).to.include(`Only page ${one.page} was looked at, of 3`);
    }
  });

  it('does not look at small copies of a page, and knows no page that is not there', async () => {
    const one = await analyser.analyse('scan', path.join(ODDITIES, 'tiff-page-and-thumbnail.tif'), {
      minArea: 0,
    });
    expect([one.prediction.pages, one.prediction.warnings]).to.deep.equal([undefined, []]);
    expect((await rejection(analyser.analyse('scan', THREE, { minArea: 0, page: 4 }))).code).to.equal(
      'PAGE_MISSING',
    );
    const png = image('png-rgb.png');
    expect((await rejection(analyser.analyse('photo', png, { minArea: 0, page: 2 }))).code).to.equal(
      'PAGE_MISSING',
    );
  });

  it('fails a file of which a page cannot be decoded, and names the page', async () => {
    const broken = await readFile(path.join(ODDITIES, 'tiff-second-page-broken.tif'));
    const error = await rejection(analyser.analyse('scan', broken, { minArea: 0 }));
    expect([error.code, error.message.startsWith('Page 2 of ')]).to.deep.equal(['IMAGE_DAMAGED', true]);
    expect((await analyser.analyse('scan', broken, { minArea: 0, page: 1 })).prediction.width).to.equal(47);
  });

  it('warns of an image that is shrunk more than eightfold, and tells how far it is with windows', async () => {
    const wide = async (width: number): Promise<Buffer> =>
      sharp({ create: { width, height: 70, channels: 3, background: 'grey' } })
        .png()
        .toBuffer();
    const warned = await analyser.analyse('wide', await wide(8 * 64 + 1), { minArea: 0 });
    expect(warned.prediction.warnings.join()).to.include('--tile');
    expect(
      (await analyser.analyse('wide', await wide(8 * 64), { minArea: 0 })).prediction.warnings,
    ).to.deep.equal([]);
    const copies = await Analyser.open(await findModel(TINY_MODEL), {
      size: 64,
      threads: 1,
      concurrency: 1,
      evidence: ['copies'],
    });
    const { prediction } = await copies.analyse('wide', await wide(600), { minArea: 0 });
    await copies.close();
    expect(prediction.warnings, 'nothing is shrunk for a network').to.deep.equal([]);
    const steps: [number, number][] = [];
    const onWindow = (done: number, total: number): void => void steps.push([done, total]);
    const tiled = await analyser.analyse('wide', await wide(600), { minArea: 0, tile: true, onWindow });
    expect(tiled.prediction.warnings.join()).to.not.include('Shrunk');
    expect(steps.map(([done]) => done)).to.deep.equal(steps.map((_, index) => index + 1));
    expect(steps.at(-1)).to.deep.equal([steps.length, steps.length]);
  });
});
