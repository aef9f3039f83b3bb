import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { confusionAt, measurePixels } from '../../../src/lib/metrics/measure-pixels.js';
import { bitsOf, decodeHistogram, PixelHistogram } from '../../../src/lib/metrics/pixel-histogram.js';
import { PROBABILITY_BINS, probabilityBin } from '../../../src/lib/metrics/probability-bins.js';
import { sweepThresholds, ThresholdSet } from '../../../src/lib/metrics/thresholds.js';
import { erode, measureTrufor } from '../../../src/lib/metrics/trufor.js';

/** The bin of a number rounded to float32. */
function binOf(p: number): number {
  const map = Float32Array.of(p);
  return probabilityBin(map[0]!, bitsOf(map)[0]!);
}

describe('probability bins', () => {
  const values = [0, 1e-37, 1e-30, 1e-9, 0.01, 0.25, 0.4999, 0.5, 0.50001, 0.75, 0.9999, 1 - 2 ** -24, 1];

  it('rise with the probability, and tell apart what a float32 can tell apart near 0 and 1', () => {
    const bins = values.map(binOf);
    expect(bins).to.deep.equal([...new Set(bins)].sort((a, b) => a - b));
    expect([binOf(0), binOf(-0)]).to.deep.equal([0, 0]);
    expect(bins.at(-1)).to.equal(PROBABILITY_BINS - 1);
  });
});

describe('thresholds', () => {
  it('of a sweep are clean numbers between 0 and 1', () => {
    expect(sweepThresholds()).to.deep.equal([
      0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95,
    ]);
    expect(sweepThresholds(0.01)).to.have.length(99);
    expect(sweepThresholds(0.3)).to.deep.equal([0.3, 0.6, 0.9]);
  });

  it('are exceeded strictly', () => {
    const set = new ThresholdSet([0.5, 0.25, 0.5, 1]);
    expect(set.values).to.deep.equal([0.25, 0.5, 1]);
    expect([0, 0.25, 0.3, 0.5, 0.6, 1].map((p) => set.rank(p))).to.deep.equal([0, 0, 1, 1, 2, 2]);
  });
});

describe('measurePixels', () => {
  const thresholds = new ThresholdSet([0.5, 0.8]);
  const histogram = new PixelHistogram();
  const measure = (p: number[], truth: number[]): ReturnType<typeof measurePixels> =>
    measurePixels(Float32Array.from(p), Uint8Array.from(truth), thresholds, histogram);

  it('counts exactly what is above each threshold', () => {
    const evidence = measure(
      [0.5, 0.500001, 0.9, 0.2, 0.81],
      [1, 1, 1, 0, 255].map((v) => v),
    );
    expect(confusionAt(evidence, 0)).to.deep.equal({ tp: 3, fp: 0, fn: 1, tn: 1 });
    expect(confusionAt(evidence, 1)).to.deep.equal({ tp: 2, fp: 0, fn: 2, tn: 1 });
    expect(evidence.auc).to.equal(1);
    expect(evidence.oracleF1).to.equal(1);
  });

  it('has no area where the truth has one class', () => {
    expect(measure([0.1, 0.9], [1, 1]).auc).to.equal(null);
    expect(measure([0.1, 0.9], [0, 0])).to.include({ auc: null, oracleF1: null, positives: 0 });
  });

  it('forgets one image before the next', () => {
    measure([0.3, 0.6, 0.9], [0, 1, 1]);
    const { bins, positives, negatives } = decodeHistogram(measure([0.6], [0]).histogram);
    expect([...bins]).to.deep.equal([binOf(0.6)]);
    expect([[...positives], [...negatives]]).to.deep.equal([[0], [1]]);
  });

  it('keeps all counts in its histogram', () => {
    const { bins, positives, negatives, spread } = decodeHistogram(
      measure([0, 0, 1, 0.25, 0.25000001, 0.250003, 1], [0, 0, 1, 0, 1, 0, 0]).histogram,
    );
    expect([...bins]).to.deep.equal([0, binOf(0.25), PROBABILITY_BINS - 1]);
    expect([...negatives]).to.deep.equal([2, 2, 1]);
    expect([...positives]).to.deep.equal([0, 1, 1]);
    expect([...spread]).to.deep.equal([0, 1, 0]);
  });

  it('refuses a map that holds anything but probabilities, and is none the worse for it', () => {
    for (const wrong of [Number.NaN, -0.1, 1.1, Infinity]) {
      expect(() => measure([0.5, wrong], [0, 1])).to.throw(RangeError, String(Math.fround(wrong)));
    }
    expect(decodeHistogram(measure([0.6], [0]).histogram).bins).to.have.length(1);
  });
});

describe('the TruFor protocol', () => {
  /** A square of ones in a field of zeros. */
  function square(side: number, from: number, to: number): Uint8Array {
    return Uint8Array.from({ length: side * side }, (_, index) => {
      const x = index % side;
      const y = Math.floor(index / side);
      return x >= from && x < to && y >= from && y < to ? 1 : 0;
    });
  }
  const area = (mask: Uint8Array): number => mask.reduce((sum, value) => sum + value, 0);

  it('erodes by a square, and not from the edge of the picture', () => {
    expect(erode(square(60, 20, 40), 60, 60, 15)).to.deep.equal(square(60, 27, 33));
    expect(area(erode(square(60, 0, 20), 60, 60, 15))).to.equal(13 * 13);
    expect(area(erode(square(60, 0, 60), 60, 60, 15))).to.equal(3600);
    expect(area(erode(square(60, 20, 34), 60, 60, 15))).to.equal(0);
  });

  it('ignores the border, and takes the better of p and 1 − p', () => {
    const side = 60;
    const truth = square(side, 20, 40);
    // Wrong everywhere on the border, right elsewhere: nothing of it counts.
    const inner = square(side, 27, 33);
    const outer = square(side, 15, 45);
    const probability = Float32Array.from(truth, (_, i) =>
      inner[i] === 1 ? 0.9 : outer[i] === 1 ? 0.7 : 0.1,
    );
    const histogram = new PixelHistogram();
    expect(measureTrufor(probability, truth, side, side, histogram)).to.deep.equal({ f1: 1, bestF1: 1 });
    const inverse = probability.map((p) => 1 - p);
    expect(measureTrufor(inverse, truth, side, side, histogram)).to.deep.equal({ f1: 1, bestF1: 1 });
    const constant = new Float32Array(side * side).fill(0.5);
    const positives = area(inner);
    const counted = positives + side * side - area(square(side, 15, 45));
    const all = (2 * positives) / (positives + counted);
    // Nothing is above 0.5, so 1 − p marks everything.
    expect(measureTrufor(constant, truth, side, side, histogram)).to.deep.equal({ f1: all, bestF1: all });
  });

  it('counts 0 where erosion empties the truth, and leaves out what has one class only', () => {
    const truth = square(60, 20, 30);
    const histogram = new PixelHistogram();
    const marked = new Float32Array(3600);
    marked[0] = 0.9;
    expect(measureTrufor(marked, truth, 60, 60, histogram)).to.deep.equal({ f1: 0, bestF1: 0 });
    const nothing = new Float32Array(3600);
    expect(measureTrufor(nothing, truth, 60, 60, histogram)).to.deep.equal({ f1: null, bestF1: 0 });
  });

  it('erodes no line by what stands in the next one', () => {
    const mask = new Uint8Array(40 * 3).fill(1);
    mask[40] = 0;
    const expected = new Uint8Array(40 * 3).fill(1);
    for (let y = 0; y < 3; y++) expected.fill(0, y * 40, y * 40 + 8);
    expect(erode(mask, 40, 3, 15)).to.deep.equal(expected);
  });

  describe('against a calculation of its own kind, with scipy', () => {
    const golden = JSON.parse(readFileSync('test/fixtures/metrics/trufor.json', 'utf8')) as {
      name: string;
      width: number;
      height: number;
      levels: string;
      truth: string;
      f1: number | null;
      bestF1: number | null;
    }[];
    for (const { name, width, height, levels, truth, f1, bestF1 } of golden) {
      it(name, () => {
        const probability = Float32Array.from(Buffer.from(levels, 'base64'), (level) => level / 256);
        const packed = Buffer.from(truth, 'base64');
        const marks = Uint8Array.from(
          { length: width * height },
          (_, i) => (packed[i >> 3]! >> (7 - (i % 8))) & 1,
        );
        const measured = measureTrufor(probability, marks, width, height, new PixelHistogram());
        if (bestF1 === null) {
          expect(measured).to.equal(null);
          return;
        }
        expect(measured!.bestF1).to.be.closeTo(bestF1, 1e-12);
        if (f1 === null) expect(measured!.f1).to.equal(null);
        else expect(measured!.f1).to.be.closeTo(f1, 1e-12);
      });
    }
  });
});
