import { expect } from 'chai';
import { MicroAccumulator } from '../../../src/lib/metrics/micro.js';
import { measurePixels } from '../../../src/lib/metrics/measure-pixels.js';
import { PixelHistogram } from '../../../src/lib/metrics/pixel-histogram.js';
import { seededRandom } from '../../../src/lib/metrics/random.js';
import { averagePrecision, rankScores, rocAuc } from '../../../src/lib/metrics/ranking.js';
import { ThresholdSet } from '../../../src/lib/metrics/thresholds.js';

const NO_COUNTS = { tp: 0, fp: 0, fn: 0, tn: 0 };

/** Logits of authentic and tampered pixels, as mean and spread, that put maps where bins are hard. */
const MAPS = {
  'at both ends': { authentic: [-9, 6], tampered: [6, 12] },
  'nearly all below 1e-9': { authentic: [-30, 4], tampered: [-25, 4] },
  'nearly all 1': { authentic: [13, 2], tampered: [15.5, 2] },
  'so high that most are exactly 1': { authentic: [16, 3], tampered: [19, 3] },
  'around one half': { authentic: [0, 0.02], tampered: [0.02, 0.02] },
} satisfies Record<string, Record<'authentic' | 'tampered', [number, number]>>;

describe('areas from bins', () => {
  for (const [name, { authentic, tampered }] of Object.entries(MAPS)) {
    it(`are within 1e-4 of the exact ones for maps ${name}`, () => {
      const random = seededRandom(7);
      const truth = Uint8Array.from({ length: 380 * 380 }, () => (random() < 0.08 ? 1 : 0));
      const probability = Float32Array.from(truth, (positive) => {
        const [mean, spread] = positive ? tampered : authentic;
        return 1 / (1 + Math.exp(-(mean + spread * normal(random))));
      });
      const exact = rankScores([...probability], Array.from(truth, Boolean));
      const evidence = measurePixels(probability, truth, new ThresholdSet([0.5]), new PixelHistogram());
      const micro = new MicroAccumulator(1, 10);
      micro.add('a', NO_COUNTS, NO_COUNTS, evidence.histogram);
      const results = micro.results();

      expect(evidence.auc, 'of the image').to.be.closeTo(rocAuc(exact)!, 1e-4);
      expect(results.auc.value, 'of the run').to.be.closeTo(rocAuc(exact)!, 1e-4);
      expect(results.averagePrecision.value).to.be.closeTo(averagePrecision(exact)!, 1e-4);
    });
  }
});

/** A number of the standard normal distribution, by Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
