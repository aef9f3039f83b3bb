import { expect } from 'chai';
import { parsePredictConditions, predictGates } from '../../../src/lib/predict/gates.js';
import type { PredictSummary } from '../../../src/lib/predict/result.js';

const SUMMARY: PredictSummary = {
  inputs: 10,
  manipulated: 1,
  suspicious: 2,
  noFinding: 5,
  failed: 2,
  highestScore: 0.93,
  resumed: 0,
  seconds: 1,
};

describe('gates of ofx predict', () => {
  const failing = (conditions: string[], summary = SUMMARY): string[] =>
    predictGates(parsePredictConditions(conditions), summary)
      .filter(({ passed }) => !passed)
      .map(({ detail }) => detail);

  it('ask for each verdict, for failures, and for the highest score', () => {
    expect(
      failing(['manipulated > 1', 'suspicious > 2', 'noFinding < 5', 'failed > 2', 'score.highest > 95%']),
    ).to.deep.equal([]);
    expect(failing(['suspicious > 1', 'nofinding < 6', 'score.highest > 0.9'])).to.deep.equal([
      'suspicious is 2 of 10, 2 could not be looked at',
      'noFinding is 5 of 10, 2 could not be looked at',
      'score.highest is 0.93 of 10, 2 could not be looked at',
    ]);
  });

  it('fail where no image could be scored', () => {
    const nothing = {
      ...SUMMARY,
      manipulated: 0,
      suspicious: 0,
      noFinding: 0,
      failed: 10,
      highestScore: null,
    };
    expect(failing(['score.highest > 0.9'], nothing)).to.deep.equal([
      'score.highest is n/a (no image could be scored)',
    ]);
  });
});
