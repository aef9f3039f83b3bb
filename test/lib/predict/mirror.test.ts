import path from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { SHIPPED_SAMPLES } from '../../../src/lib/core/paths.js';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { Analyser, type Examination } from '../../../src/lib/predict/analyse.js';

const SAMPLE = path.join(SHIPPED_SAMPLES, 'splice-astronaut.jpg');

describe('an image seen both ways', () => {
  let analyser: Analyser;
  let image: Buffer;
  let turned: Buffer;
  /** The size that nothing has to be resized to: resizing rounds, and would not be the same from both sides. */
  let side: number;

  before(async () => {
    analyser = await Analyser.open(await findModel(), {
      threads: 1,
      concurrency: 2,
      evidence: ['network'],
    });
    side = analyser.network.identity.inputSize;
    const photo = sharp(SAMPLE).resize(side, side, { fit: 'fill' }).png();
    image = await photo.toBuffer();
    turned = await sharp(image).flop().png().toBuffer();
  });

  after(() => analyser.close());

  const seen = (bytes: Buffer, mirror: boolean): Promise<Examination> => analyser.examine(bytes, { mirror });
  const logit = ({ evidence }: Examination): number => evidence['network']!.logit;

  it('has the mean of the two scores and of the two maps', async () => {
    const [both, one, other] = await Promise.all([
      seen(image, true),
      seen(image, false),
      seen(turned, false),
    ]);
    expect(logit(one)).not.to.be.closeTo(logit(other), 1e-3);
    expect(logit(both)).to.be.closeTo((logit(one) + logit(other)) / 2, 1e-6);
    for (const at of [0, 7, side - 1, side * 100 + 40, side * side - 1]) {
      const [x, row] = [at % side, at - (at % side)];
      const mean = (one.map.data[at]! + other.map.data[row + side - 1 - x]!) / 2;
      expect(both.map.data[at]).to.be.closeTo(mean, 1e-6);
    }
  });

  it('gets the same score from either side, and the map that belongs to it', async () => {
    const [both, back] = [await seen(image, true), await seen(turned, true)];
    expect(logit(back)).to.equal(logit(both));
    const row = side * 120;
    expect([...back.map.data.subarray(row, row + side)].reverse()).to.deep.equal([
      ...both.map.data.subarray(row, row + side),
    ]);
  });

  it('has thresholds of its own, and no test photos to compare with', async () => {
    expect(analyser.wayOf({ mirror: true })).to.equal('mirror');
    expect(analyser.wayOf({})).to.equal('');
    const analysis = await analyser.analyse('photo', image, { minArea: 0, mirror: true });
    expect(analysis.prediction).not.to.have.property('tested');
    expect((await analyser.analyse('photo', image, { minArea: 0 })).prediction).to.have.property('tested');
  });
});
