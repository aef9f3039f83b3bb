import { expect } from 'chai';
import {
  compareOutputs,
  isWithin,
  type Outputs,
  type VariantParity,
} from '../../../src/lib/convert/parity.js';

const outputs = (scores: number[], maps: number[]): Outputs => ({
  scores: Float32Array.from(scores),
  maps: Float32Array.from(maps),
});
const exact = (scores: number[], maps: number[]): Outputs<Float64Array> => ({
  scores: Float64Array.from(scores),
  maps: Float64Array.from(maps),
});
/** Where PyTorch in float32 gives the truth itself, unless said otherwise. */
function compared(
  truth: Outputs<Float64Array>,
  actual: Outputs,
  pytorch: Outputs = outputs([...truth.scores], [...truth.maps]),
  tolerance?: number,
): VariantParity {
  return compareOutputs(2, { truth, pytorch, actual }, tolerance);
}

describe('parity with PyTorch', () => {
  it('is computed by hand for four pixels', () => {
    const truth = exact([0.5, -20], [0, 0.5, 0.75, 1]);
    const actual = outputs([0.75, -15], [0.25, 0.625, 0.25, 1]);
    const none = { max: 0, mean: 0, p999: 0 };
    expect(compared(truth, actual)).to.deep.equal({
      inputSize: 2,
      map: { max: 0.5, mean: (0.25 + 0.125 + 0.5) / 4, p999: 0.5 },
      // A logit under 1 is compared as it is, one of -20 in proportion.
      score: { max: 0.25, mean: 0.25, p999: 0.25 },
      pytorch: { map: none, score: none },
      pixels: 4,
      // The second pixel is undecided: it may fall on either side.
      flippedPixels: 1,
    });
  });

  it('leaves the largest thousandth out of the percentile', () => {
    const truth = exact([0], new Array<number>(2000).fill(0));
    const { map } = compared(truth, outputs([0], [1, 0.5, 0.25, ...new Array<number>(1997).fill(0)]));
    expect(map.max).to.equal(1);
    expect(map.p999).to.equal(0.25);
  });

  it('leaves its inputs as they are', () => {
    const truth = exact([1], [0.9, 0.1]);
    compared(truth, outputs([1], [0.9, 0.1]));
    expect([...truth.maps]).to.deep.equal([0.9, 0.1]);
  });

  it('holds up to the tolerance', () => {
    const parity = compared(exact([0], [0]), outputs([0], [0.25]));
    expect(isWithin(parity, 0.25)).to.equal(true);
    expect(isWithin(parity, 0.24)).to.equal(false);
    const score = compared(exact([0], [0]), outputs([0.25], [0]));
    expect(isWithin(score, 0.24)).to.equal(false);
  });

  it('holds up to twice the distance of PyTorch’s own float32 results, of map and score apart', () => {
    const truth = exact([0], [0.25]);
    const pytorch = outputs([0], [0.375]);
    const parity = compared(truth, outputs([0], [0.5]), pytorch);
    expect(parity.pytorch.map.max).to.equal(0.125);
    expect(isWithin(parity, 0)).to.equal(true);
    expect(isWithin(compared(truth, outputs([0], [0.501]), pytorch), 0)).to.equal(false);
    // A map that is off excuses no score.
    expect(isWithin(compared(truth, outputs([0.01], [0.25]), pytorch), 1e-5)).to.equal(false);
  });

  it('counts pixels as flipped only where the truth is farther from the threshold than the tolerance', () => {
    const flipped = (truth: number, actual: number, tolerance: number): number =>
      compared(exact([0], [truth]), outputs([0], [actual]), undefined, tolerance).flippedPixels;
    expect(flipped(0.5 + 9e-6, 0.5 - 9e-6, 1e-5)).to.equal(0);
    expect(flipped(0.5 + 9e-6, 0.5 - 9e-6, 1e-6)).to.equal(1);
    expect(flipped(0.5 + 2e-5, 0.4, 1e-5)).to.equal(1);
    expect(flipped(0.6, 0.7, 1e-5)).to.equal(0);
  });

  it('does not hold for what is no number', () => {
    const nan = Number.NaN;
    expect(isWithin(compared(exact([0], [0.5, 0.5]), outputs([0], [nan, 0.5])), 1)).to.equal(false);
    expect(isWithin(compared(exact([0], [0]), outputs([nan], [0])), 1)).to.equal(false);
    const both = compared(exact([0], [0.5]), outputs([0], [nan]), outputs([0], [nan]));
    expect(isWithin(both, 1)).to.equal(false);
  });
});
