import path from 'node:path';
import { expect } from 'chai';
import { Analyser } from '../../../src/lib/predict/analyse.js';
import type { Prediction } from '../../../src/lib/predict/result.js';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { SHIPPED_SAMPLES } from '../../../src/lib/core/paths.js';
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
  it('says where the score stands among those of the photos that the model was tested on', async () => {
    const reference = await findModel();
    if (reference.kind !== 'model') throw new Error('The shipped model has a manifest.');
    const { tampered, authentic, data } = reference.model.manifest.variants.find(
      ({ inputSize }) => inputSize === 288,
    )!.testScores!;
    const { tested, score } = await analyse();
    expect(score).to.be.within(0.5, 0.95);
    expect(tested).to.deep.equal({
      data,
      tampered: { photos: tampered.length, atLeast: tampered.filter((other) => other >= score).length },
      authentic: { photos: authentic.length, atLeast: authentic.filter((other) => other >= score).length },
    });
    expect(tested!.tampered.atLeast).to.be.within(1, tampered.length - 1);
  });

  it('says nothing of the kind for windows, or for a model that tells no such scores', async () => {
    expect(await analyse(undefined, true)).not.to.have.property('tested');
    expect(await analyse(TINY_MODEL)).not.to.have.property('tested');
  });
});
