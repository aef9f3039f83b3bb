import { expect } from 'chai';
import { testedLike } from '../../../src/lib/predict/tested.js';

const spread = (count: number, from: number, to: number): number[] =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

describe('what a score is worth', () => {
  const scores = {
    data: 'made photos',
    tampered: [...spread(30, 0.58, 0.62), ...spread(6, 0.85, 0.9223)],
    authentic: [...spread(10, 0.58, 0.62), ...spread(60, 0.05, 0.4)],
  };

  it('is how many of the test photos nearby were manipulated, with its interval and the share of all', () => {
    const tested = testedLike(0.6, scores, 1)!;
    expect(tested).to.deep.include({
      data: 'made photos',
      photos: 40,
      manipulated: 30,
      all: { photos: 106, manipulated: 36 },
    });
    expect(tested.scores.low).to.be.closeTo(0.55, 1e-9);
    expect(tested.scores.high).to.be.closeTo(0.65, 1e-9);
    // Wilson's interval of 30 of 40, from tables.
    expect(tested.low).to.be.closeTo(0.598, 1e-3);
    expect(tested.high).to.be.closeTo(0.858, 1e-3);
  });

  it('looks farther where few are near, and says nothing where there are too few at all', () => {
    const farther = testedLike(0.45, scores, 1)!;
    expect(farther.photos).to.be.at.least(20);
    expect(farther.scores.low).to.be.below(0.36);
    expect(testedLike(0.9, scores, 1)).to.equal(undefined);
  });

  it('does not depend on how stored scores were rounded', () => {
    const high = { ...scores, tampered: spread(40, 0.8, 0.9223) };
    const tested = testedLike(0.92232, high, 1)!;
    expect(tested.manipulated).to.equal(tested.photos);
    expect(tested.photos).to.be.at.least(20);
    expect(tested.high).to.equal(1);
    expect(tested.low).to.be.below(1);
  });

  it('gives the range as people see scores, after the temperature', () => {
    const { low, high } = testedLike(0.6, scores, 2)!.scores;
    expect(low).to.be.closeTo(1 / (1 + Math.exp(-Math.log(0.55 / 0.45) / 2)), 1e-9);
    expect(high).to.be.closeTo(1 / (1 + Math.exp(-Math.log(0.65 / 0.35) / 2)), 1e-9);
  });
});
