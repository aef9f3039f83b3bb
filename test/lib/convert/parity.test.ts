import { expect } from 'chai';
import { compareOutputs, isWithin, type Outputs } from '../../../src/lib/convert/parity.js';

const outputs = (scores: number[], maps: number[]): Outputs => ({
  scores: Float32Array.from(scores),
  maps: Float32Array.from(maps),
});

describe('parity of two runtimes', () => {
  it('is computed by hand for four pixels', () => {
    const expected = outputs([0.5, -20], [0, 0.5, 0.75, 1]);
    const actual = outputs([0.75, -15], [0.25, 0.625, 0.25, 1]);
    expect(compareOutputs(2, expected, actual)).to.deep.equal({
      inputSize: 2,
      map: { max: 0.5, mean: (0.25 + 0.125 + 0.5) / 4, p999: 0.5 },
      // A logit under 1 is compared as it is, one of -20 in proportion.
      score: { max: 0.25, mean: 0.25, p999: 0.25 },
      pixels: 4,
      flippedPixels: 2,
    });
  });

  it('leaves the largest thousandth out of the percentile', () => {
    const expected = outputs([0], new Array<number>(2000).fill(0));
    const actual = outputs([0], [1, 0.5, 0.25, ...new Array<number>(1997).fill(0)]);
    const { map } = compareOutputs(1, expected, actual);
    expect(map.max).to.equal(1);
    expect(map.p999).to.equal(0.25);
  });

  it('leaves its inputs as they are', () => {
    const expected = outputs([1], [0.9, 0.1]);
    compareOutputs(1, expected, expected);
    expect([...expected.maps]).to.deep.equal([...Float32Array.from([0.9, 0.1])]);
  });

  it('holds up to the tolerance', () => {
    const parity = compareOutputs(1, outputs([0], [0]), outputs([0], [0.25]));
    expect(isWithin(parity, 0.25)).to.equal(true);
    expect(isWithin(parity, 0.24)).to.equal(false);
    const score = compareOutputs(1, outputs([0], [0]), outputs([0.25], [0]));
    expect(isWithin(score, 0.24)).to.equal(false);
  });

  it('does not hold for what is no number', () => {
    const parity = compareOutputs(1, outputs([0], [0.5, 0.5]), outputs([0], [Number.NaN, 0.5]));
    expect(isWithin(parity, 1)).to.equal(false);
    expect(isWithin(compareOutputs(1, outputs([0], [0]), outputs([Number.NaN], [0])), 1)).to.equal(false);
  });
});
