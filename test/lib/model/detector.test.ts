import { expect } from 'chai';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { Detector } from '../../../src/lib/model/detector.js';
import { TINY_MODEL } from '../../support/models.js';
import { rejection } from '../../support/rejection.js';

describe('a detector', () => {
  it('takes nothing for a prediction that is no probability', async () => {
    const options = { size: 64, threads: 1, concurrency: 1 };
    const detector = await Detector.open(await findModel(TINY_MODEL), options);
    try {
      const tensor = new Float32Array(3 * 64 * 64);
      expect((await detector.detectTensor(tensor)).output.value).to.be.finite;
      const error = await rejection(detector.detectTensor(tensor.map(() => NaN)));
      expect(error).to.include({
        code: 'PREDICTION_INVALID',
        message: 'tiny gave no numbers for this image (NaN).',
      });
      expect((await detector.detectTensor(tensor)).output.value).to.be.finite;
    } finally {
      await detector.close();
    }
  });
});
