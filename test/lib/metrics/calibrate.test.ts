import { expect } from 'chai';
import { fitMaskThreshold, fitScoreThreshold, fitTemperature } from '../../../src/lib/metrics/calibrate.js';
import { operatingPoints } from '../../../src/lib/metrics/operating-points.js';
import { seededRandom } from '../../../src/lib/metrics/random.js';
import type { SweepRow } from '../../../src/lib/metrics/sweep-row.js';
import { applyTemperature, sigmoid } from '../../../src/lib/core/temperature.js';

describe('calibration', () => {
  it('finds the temperature by which scores were made too sure', () => {
    const random = seededRandom(4);
    const images = Array.from({ length: 4000 }, () => {
      const logit = 6 * random() - 3;
      const label: 0 | 1 = random() < 1 / (1 + Math.exp(-logit)) ? 1 : 0;
      return { label, score: 1 / (1 + Math.exp(-logit * 2.5)) };
    });
    expect(fitTemperature(images)).to.be.closeTo(2.5, 0.15);
  });

  it('finds it where scores are as sure as doubles can tell', () => {
    // Nine of ten are right: the best probability is 0.9, so T is 30 / log(0.9 / 0.1).
    const images = Array.from({ length: 200 }, (_, index) => {
      const label = (index % 2) as 0 | 1;
      const right = index % 20 < 18;
      return { label, score: sigmoid((label === 1) === right ? 30 : -30) };
    });
    const temperature = fitTemperature(images);
    expect(temperature).to.be.closeTo(30 / Math.log(9), 0.01);
    expect(applyTemperature(sigmoid(30), temperature)).to.be.closeTo(0.9, 1e-4);
  });

  it('leaves scores alone at temperature 1, and survives scores of 0 and 1', () => {
    expect(applyTemperature(0.3, 1)).to.equal(0.3);
    expect(applyTemperature(0.9, 2)).to.be.closeTo(0.75, 1e-12);
    expect(applyTemperature(1, 2)).to.be.within(0.99, 1);
    expect(
      fitTemperature([
        { label: 1, score: 1 },
        { label: 0, score: 0 },
      ]),
    ).to.be.closeTo(0.05, 1e-3);
  });

  const scores = [
    ...[0.9, 0.8, 0.7, 0.4].map((score) => ({ label: 1 as const, score })),
    ...[0.6, 0.3, 0.2, 0.1].map((score) => ({ label: 0 as const, score })),
  ];

  it('puts the score threshold between the scores that it parts', () => {
    // F1 is 8/9 above 0.35, and 6/7 above 0.65.
    expect(fitScoreThreshold(scores, { kind: 'f1' })).to.be.closeTo(0.35, 1e-12);
    expect(fitScoreThreshold(scores, { kind: 'recall', maxFpr: 0 })).to.be.closeTo(0.65, 1e-12);
    expect(fitScoreThreshold(scores, { kind: 'recall', maxFpr: 0.25 })).to.be.closeTo(0.35, 1e-12);
  });

  it('takes the mask threshold from the sweep', () => {
    const rows = [
      { threshold: 0.25, pixelMacroF1: 0.5, pixelMacroRecall: 0.9 },
      { threshold: 0.5, pixelMacroF1: 0.7, pixelMacroRecall: 0.6 },
      { threshold: 0.75, pixelMacroF1: 0.6, pixelMacroRecall: 0.3 },
    ] as SweepRow[];
    const areas = [0.2, 0.04, 0.01];
    expect(fitMaskThreshold(rows, areas, { kind: 'f1' })).to.deep.equal({
      threshold: 0.5,
      atEdge: false,
    });
    expect(fitMaskThreshold(rows, areas, { kind: 'recall', maxFpr: 0.02 })).to.deep.equal({
      threshold: 0.75,
      atEdge: true,
    });
    expect(fitMaskThreshold(rows, [null, null, null], { kind: 'recall', maxFpr: 0.02 })).to.equal(undefined);
  });

  it('takes the middle of mask thresholds that serve alike, and tells the edge of what was tried', () => {
    const sweep = (...values: number[]): SweepRow[] =>
      values.map((pixelMacroF1, index) => ({ threshold: (index + 1) / 10, pixelMacroF1 })) as SweepRow[];
    const fit = (...values: number[]) => fitMaskThreshold(sweep(...values), values, { kind: 'f1' });
    expect(fit(0.4, 0.6, 0.6, 0.6, 0.2)).to.deep.equal({ threshold: 0.3, atEdge: false });
    expect(fit(0.6, 0.6, 0.6)).to.deep.equal({ threshold: 0.2, atEdge: false });
    expect(fit(0.7, 0.6, 0.5)).to.deep.equal({ threshold: 0.1, atEdge: true });
    expect(fit(0.5, 0.6, 0.7)).to.deep.equal({ threshold: 0.3, atEdge: true });
  });

  it('gives the thresholds for fixed rates of false alarms, with what they reach', () => {
    const images = [
      ...Array.from({ length: 100 }, (_, i) => ({ label: 0 as const, score: i / 200 })),
      ...Array.from({ length: 50 }, (_, i) => ({ label: 1 as const, score: 0.4 + i / 100 })),
    ];
    expect(
      operatingPoints(images).map(({ maxFpr, tpr, fpr }) => [maxFpr, Number(tpr.toFixed(4)), fpr]),
    ).to.deep.equal([
      [0.01, 0.8, 0],
      [0.05, 0.86, 0.05],
      [0.1, 0.9, 0.1],
    ]);
    expect(operatingPoints(images.filter(({ label }) => label === 1))).to.deep.equal([]);
  });
});
