import path from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { Analyser } from '../../../src/lib/predict/analyse.js';
import type { Prediction } from '../../../src/lib/predict/result.js';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { SHIPPED_SAMPLES } from '../../../src/lib/core/paths.js';
import { testedLike } from '../../../src/lib/predict/tested.js';
import { TINY_MODEL } from '../../support/models.js';

const SAMPLE = path.join(SHIPPED_SAMPLES, 'splice-astronaut.jpg');

async function analyse(model?: string, tile = false, image: string | Buffer = SAMPLE): Promise<Prediction> {
  const analyser = await Analyser.open(await findModel(model), {
    size: model === TINY_MODEL ? 64 : undefined,
    threads: 1,
    concurrency: 1,
  });
  try {
    return (await analyser.analyse('photo', image, { minArea: 0, tile })).prediction;
  } finally {
    await analyser.close();
  }
}

/** Twice as wide as the network's input. */
async function enlarged(photo: string): Promise<Buffer> {
  return sharp(photo).resize(800).png().toBuffer();
}

describe('an analysis', () => {
  it('says what the score is worth, by the photos that the model was tested on', async () => {
    const reference = await findModel();
    if (reference.kind !== 'model') throw new Error('The shipped model has a manifest.');
    const { variants, defaultSize, testData } = reference.model.manifest;
    const { fusion } = variants.find(({ inputSize }) => inputSize === defaultSize)!;
    const { tested, score } = await analyse();
    expect(tested).to.deep.equal({ ...testedLike(score, fusion!.testScores!, 1), about: testData });
    expect(tested!.photos).to.be.at.least(20);
  });

  it('says nothing of the kind for the score of a window, or for a model that tells no such scores', async () => {
    expect(await analyse(TINY_MODEL)).not.to.have.property('tested');
    const large = await enlarged(SAMPLE);
    const [whole, tiled] = [await analyse(undefined, false, large), await analyse(undefined, true, large)];
    // The windows of this photo find nothing that the whole does not show more clearly.
    expect(tiled.windows).to.deep.include({ decided: false });
    expect([tiled.score, tiled.tested]).to.deep.equal([whole.score, whole.tested]);
    expect(tiled.warnings.join(' ')).to.contain('the score is that of the whole');
  });

  it('takes the score of a window where it is larger, less what so many looks find by chance', async () => {
    // The network's score is the mean brightness: one window is white, the whole is nearly black.
    const image = await sharp({ create: { width: 640, height: 640, channels: 3, background: '#000000' } })
      .composite([
        { input: { create: { width: 80, height: 80, channels: 3, background: 'white' } }, left: 0, top: 0 },
      ])
      .png()
      .toBuffer();
    const [whole, tiled] = [await analyse(TINY_MODEL, false, image), await analyse(TINY_MODEL, true, image)];
    expect(tiled.windows).to.deep.include({ decided: true, count: 64 });
    const window = await analyse(
      TINY_MODEL,
      false,
      await sharp({ create: { width: 64, height: 64, channels: 3, background: 'white' } })
        .png()
        .toBuffer(),
    );
    const logit = (score: number): number => Math.log(score / (1 - score));
    expect(tiled.score).to.be.greaterThan(whole.score);
    expect(tiled.score).to.be.at.most(window.score);
    expect(logit(tiled.score)).to.be.at.most(logit(window.score) - Math.log(64) + 1e-6);
    expect(tiled.warnings.join(' ')).to.contain('What such a score is worth was not tested');
    expect(tiled).not.to.have.property('tested');
  });

  it('tells twenty regions of a photo seen through windows, and counts the others', async () => {
    const spots = Array.from({ length: 36 }, (_, i) => ({
      input: { create: { width: 40, height: 40, channels: 3 as const, background: 'white' } },
      left: 20 + 100 * (i % 6),
      top: 20 + 100 * Math.floor(i / 6),
    }));
    const image = await sharp({ create: { width: 640, height: 640, channels: 3, background: '#000000' } })
      .composite(spots)
      .png()
      .toBuffer();
    const tiled = await analyse(TINY_MODEL, true, image);
    expect([tiled.regions.length, tiled.regionCount]).to.deep.equal([20, 36]);
    const whole = await analyse(TINY_MODEL, false, image);
    expect(whole).not.to.have.property('regionCount');
  });
});
