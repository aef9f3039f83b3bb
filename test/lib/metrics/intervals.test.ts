import { expect } from 'chai';
import { bootstrapIntervals, percentileInterval } from '../../../src/lib/metrics/bootstrap.js';
import { MicroAccumulator } from '../../../src/lib/metrics/micro.js';
import { measurePixels } from '../../../src/lib/metrics/measure-pixels.js';
import { PixelHistogram } from '../../../src/lib/metrics/pixel-histogram.js';
import { poissonOne, sampleIndices, seededRandom } from '../../../src/lib/metrics/random.js';
import { ThresholdSet } from '../../../src/lib/metrics/thresholds.js';

describe('chance', () => {
  it('is the same for the same seed, and even', () => {
    const [a, b] = [seededRandom(3), seededRandom(3)];
    const values = Array.from({ length: 20000 }, a);
    expect(values).to.deep.equal(Array.from({ length: 20000 }, b));
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = values.filter((value) => Math.floor(value * 10) === tenth).length / values.length;
      expect(share).to.be.closeTo(0.1, 0.01);
    }
  });

  it('draws Poisson numbers of mean and variance 1', () => {
    const random = seededRandom(5);
    const values = Array.from({ length: 50000 }, () => poissonOne(random));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(mean).to.be.closeTo(1, 0.02);
    expect(variance).to.be.closeTo(1, 0.03);
  });

  it('samples without replacement, in order', () => {
    const indices = sampleIndices(100, 30, seededRandom(1));
    expect(new Set(indices).size).to.equal(30);
    expect(indices).to.deep.equal([...indices].sort((a, b) => a - b));
    expect(sampleIndices(5, 30, seededRandom(1))).to.deep.equal([0, 1, 2, 3, 4]);
  });
});

describe('bootstrap intervals', () => {
  const mean = (values: readonly number[]) => (weights: ArrayLike<number>) => {
    const total = values.reduce((sum, _, index) => sum + weights[index]!, 0);
    return { mean: values.reduce((sum, value, index) => sum + value * weights[index]!, 0) / total };
  };

  it('of a mean are as wide as theory says', () => {
    const random = seededRandom(11);
    const values = Array.from({ length: 400 }, random);
    const { mean: interval } = bootstrapIntervals(
      values.map(() => 0),
      mean(values),
      { seed: 1 },
    );
    // 1.96 standard errors of a uniform distribution on each side.
    expect(interval!.high - interval!.low).to.be.closeTo((2 * 1.96) / Math.sqrt(12 * 400), 0.006);
  });

  it('draw as many of each stratum as there are', () => {
    const strata = [1, 1, 1, 0, 0];
    bootstrapIntervals(
      strata,
      (weights) => {
        const drawn = (label: number): number =>
          strata.reduce((sum, stratum, index) => sum + (stratum === label ? weights[index]! : 0), 0);
        expect([drawn(1), drawn(0)]).to.deep.equal([3, 2]);
        return { nothing: 0 };
      },
      { seed: 1, resamples: 50 },
    );
  });

  it('are percentiles, and absent for a single image', () => {
    expect(percentileInterval(Array.from({ length: 1001 }, (_, i) => i))).to.deep.equal({
      low: 25,
      high: 975,
    });
    expect(bootstrapIntervals([1], mean([0.5]), { seed: 1 }).mean).to.equal(null);
  });

  it('of pooled pixels agree with redrawing the images', () => {
    const random = seededRandom(23);
    const thresholds = new ThresholdSet([0.5]);
    const histogram = new PixelHistogram();
    const accumulator = new MicroAccumulator(1);
    const images = Array.from({ length: 60 }, (_, index) => {
      const skill = random();
      const truth = Uint8Array.from({ length: 200 }, () => (random() < 0.3 ? 1 : 0));
      const map = Float32Array.from(truth, (positive) => random() * (1 - skill) + positive * skill);
      const {
        tp,
        fp,
        positives,
        pixels,
        histogram: bytes,
      } = measurePixels(map, truth, thresholds, histogram);
      const counts = { tp: tp[0]!, fp: fp[0]!, fn: positives - tp[0]!, tn: pixels - positives - fp[0]! };
      accumulator.add(`${index}.png`, counts, counts, bytes);
      return { counts, map, truth };
    });
    const redrawn = bootstrapIntervals(
      images.map(() => 0),
      (weights) => {
        const sum = (key: 'tp' | 'fp' | 'fn'): number =>
          images.reduce((total, { counts }, index) => total + weights[index]! * counts[key], 0);
        return { f1: (2 * sum('tp')) / (2 * sum('tp') + sum('fp') + sum('fn')) };
      },
      { seed: 2 },
    );
    const { f1, auc, averagePrecision } = accumulator.results();
    expect(f1.interval!.low).to.be.closeTo(redrawn.f1!.low, 0.01);
    expect(f1.interval!.high).to.be.closeTo(redrawn.f1!.high, 0.01);
    for (const { value, interval } of [auc, averagePrecision]) {
      expect(interval!.low).to.be.below(value!);
      expect(interval!.high).to.be.above(value!);
    }
  });
});
