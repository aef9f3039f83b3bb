import path from 'node:path';
import { expect } from 'chai';
import { Analyser } from '../../../src/lib/predict/analyse.js';
import type { Prediction } from '../../../src/lib/predict/result.js';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { SHIPPED_SAMPLES } from '../../../src/lib/core/paths.js';
import { testedLike } from '../../../src/lib/predict/tested.js';
import { TINY_MODEL } from '../../support/models.js';

const SAMPLE = path.join(SHIPPED_SAMPLES, 'splice-astronaut.jpg');

async function analyse(model?: string, tile = false): Promise<Prediction> {
  const analyser = await Analyser.open(await findModel(model), { threads: 1, concurrency: 1 });
  try {
    return (await analyser.analyse(SAMPLE, SAMPLE, { minArea: 0, tile })).prediction;
  } finally {
    await analyser.close();
  }
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

  it('says nothing of the kind for windows, or for a model that tells no such scores', async () => {
    const throughWindows = await analyse(undefined, true);
    expect(throughWindows).not.to.have.property('tested');
    expect(throughWindows.warnings.join(' ')).to.contain('What such a score is worth was not tested');
    expect(await analyse(TINY_MODEL)).not.to.have.property('tested');
  });
});
