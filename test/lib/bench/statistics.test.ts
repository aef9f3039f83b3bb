import { expect } from 'chai';
import {
  median,
  modifiedZScores,
  ratioOfMedians,
  ratioOfPairs,
  slope,
  distribution,
} from '../../../src/lib/bench/statistics.js';

/** The example of Iglewicz and Hoaglin (1993) as NIST's handbook gives it, section 1.3.5.17. */
const SAMPLE = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3];

describe('statistics', () => {
  it('summarises a known sample as numpy does', () => {
    const summary = distribution([15, 20, 35, 40, 50]);
    expect(summary).to.include({ runs: 5, mean: 32, min: 15, p50: 35, p90: 46, max: 50, outliers: 0 });
    expect(summary.p95).to.be.closeTo(48, 1e-9);
    expect(summary.p99).to.be.closeTo(49.6, 1e-9);
    // numpy: std(ddof=1)
    expect(summary.stddev).to.be.closeTo(14.4048603, 1e-6);
  });

  it('gives the mean an interval that holds it, narrower with more runs, and the same every time', () => {
    const values = (n: number): number[] => Array.from({ length: n }, (_, index) => 100 + (index % 7));
    const [few, many] = [distribution(values(14)), distribution(values(700))];
    expect(few.meanLow).to.be.below(few.mean).and.above(100);
    expect(few.meanHigh).to.be.above(few.mean).and.below(106);
    // A mean of n values varies with 1/√n.
    expect((many.meanHigh - many.meanLow) / (few.meanHigh - few.meanLow)).to.be.closeTo(
      Math.sqrt(14 / 700),
      0.05,
    );
    expect(distribution(values(14))).to.deep.equal(few);
  });

  it('describes a single value', () => {
    expect(distribution([7])).to.include({
      runs: 1,
      mean: 7,
      meanLow: 7,
      meanHigh: 7,
      stddev: 0,
      p99: 7,
      outliers: 0,
    });
  });

  it('scores and counts outliers as published', () => {
    const scores = modifiedZScores(SAMPLE);
    // Median 2.45, median absolute deviation 0.15 → 0.6745 · (8.3 − 2.45) / 0.15, up to ties in the deviation.
    expect(median(SAMPLE)).to.be.closeTo(2.45, 1e-12);
    expect(scores.at(-1)).to.be.closeTo((0.6745 * 5.85) / 0.15, 1e-6);
    expect(distribution(SAMPLE).outliers).to.equal(2);
  });

  it('finds the outlier among values of which most are equal', () => {
    expect(modifiedZScores([5, 5, 5, 5, 5])).to.deep.equal([0, 0, 0, 0, 0]);
    const scores = modifiedZScores([...Array<number>(19).fill(5), 50]);
    expect(scores[0]).to.equal(0);
    // 45 / (1.253314 · 45 / 20)
    expect(scores.at(-1)).to.be.closeTo(20 / 1.253314, 1e-6);
  });

  it('compares two series by their medians', () => {
    const series = Array.from({ length: 41 }, (_, index) => 100 + index);
    const { value, low, high } = ratioOfMedians(
      series.map((x) => x * 1.5),
      series,
    );
    expect(value).to.equal(1.5);
    expect(low).to.be.within(1.3, 1.5);
    expect(high).to.be.within(1.5, 1.7);
  });

  it('is not fooled by what both of a pair share', () => {
    // A disturbance that triples every third round; the true ratio is 1.2.
    const pairs = Array.from({ length: 30 }, (_, round) => {
      const reference = (100 + (round % 5)) * (round % 3 === 0 ? 3 : 1);
      return { value: reference * 1.2, reference };
    });
    const { value, low, high } = ratioOfPairs(pairs);
    for (const number of [value, low, high]) expect(number).to.be.closeTo(1.2, 1e-9);
    const inverse = ratioOfPairs(pairs.map(({ value: a, reference: b }) => ({ value: b, reference: a })));
    expect(inverse.value).to.be.closeTo(1 / 1.2, 1e-9);
  });

  it('fits a line through points of which a quarter is wild', () => {
    const points = Array.from({ length: 40 }, (_, x) => ({ x, y: x % 4 === 0 ? 9999 : 3 * x + 7 }));
    expect(slope(points)).to.be.closeTo(3, 0.2);
    expect(slope([{ x: 1, y: 5 }])).to.equal(0);
  });
});
