import { expect } from 'chai';
import { balancedAccuracy, f1, iou, mcc, precision, recall } from '../../../src/lib/metrics/confusion.js';
import {
  averagePrecision,
  bestF1,
  equalErrorRate,
  rankScores,
  recallAtFalsePositiveRate,
  rocAuc,
} from '../../../src/lib/metrics/ranking.js';

/** Scores of positives and of negatives. */
function ranking(positives: number[], negatives: number[]): ReturnType<typeof rankScores> {
  return rankScores(
    [...positives, ...negatives],
    [...positives.map(() => true), ...negatives.map(() => false)],
  );
}

describe('numbers of a confusion matrix', () => {
  it('are what they are by hand', () => {
    const counts = { tp: 6, fp: 2, fn: 3, tn: 9 };
    expect(precision(counts)).to.equal(6 / 8);
    expect(recall(counts)).to.equal(6 / 9);
    expect(f1(counts)).to.equal(12 / 17);
    expect(iou(counts)).to.equal(6 / 11);
    expect(balancedAccuracy(counts)).to.be.closeTo((6 / 9 + 9 / 11) / 2, 1e-15);
    expect(mcc(counts)).to.be.closeTo((6 * 9 - 2 * 3) / Math.sqrt(8 * 9 * 11 * 12), 1e-15);
  });

  it('take 0/0 for 0', () => {
    const nothing = { tp: 0, fp: 0, fn: 0, tn: 5 };
    expect([precision, recall, f1, iou, mcc].map((number) => number(nothing))).to.deep.equal([0, 0, 0, 0, 0]);
  });

  it('keep their digits for the pixels of 100,000 images', () => {
    const many = { tp: 6e9, fp: 2e9, fn: 3e9, tn: 9e9 };
    expect(mcc(many)).to.be.closeTo(mcc({ tp: 6, fp: 2, fn: 3, tn: 9 }), 1e-12);
  });
});

describe('rankings', () => {
  it('count a tie half in the area under the ROC curve', () => {
    // Of 2 x 2 pairs one is won, two are ties and one is lost.
    expect(rocAuc(ranking([0.9, 0.5], [0.5, 0.95]))).to.equal((0 + 1 + 0 + 0.5) / 4);
    expect(rocAuc(ranking([0.5], [0.5]))).to.equal(0.5);
    expect(rocAuc(ranking([0.9], [0.1]))).to.equal(1);
  });

  it('sum precision over the steps of recall', () => {
    // From above: positive (1/1), negative, positive (2/3).
    expect(averagePrecision(ranking([0.9, 0.3], [0.5]))).to.be.closeTo(0.5 * 1 + 0.5 * (2 / 3), 1e-15);
  });

  it('take a bin of different values for an even mix, not for a tie', () => {
    const counts = { positives: [500, 500], negatives: [500, 500] };
    expect(averagePrecision(counts)).to.equal(0.5);
    expect(averagePrecision({ ...counts, spread: [1, 1] })).to.be.closeTo(0.5, 2e-3);
    // All positives below all negatives, in one bin each: precision rises from 0 to one half on the way.
    const rising = averagePrecision({ positives: [1000, 0], negatives: [0, 1000], spread: [1, 1] })!;
    expect(rising).to.be.closeTo(1 - Math.log(2), 1e-3);
  });

  it('find the error rate that both kinds of error share', () => {
    expect(equalErrorRate(ranking([0.9, 0.8], [0.2, 0.1]))).to.equal(0);
    expect(equalErrorRate(ranking([0.9, 0.4], [0.6, 0.1]))).to.equal(0.5);
    expect(equalErrorRate(ranking([0.5, 0.5], [0.5, 0.5]))).to.equal(0.5);
  });

  it('find recall below a limit of false alarms', () => {
    const negatives = Array.from({ length: 100 }, (_, index) => index / 1000);
    const scores = ranking([0.5, 0.0985, 0.0975, 0.01], negatives);
    expect(recallAtFalsePositiveRate(scores, 0.01)).to.equal(0.5);
    expect(recallAtFalsePositiveRate(scores, 0.05)).to.equal(0.75);
  });

  it('find the best F1 of any threshold', () => {
    expect(bestF1(ranking([0.9, 0.8, 0.2], [0.5, 0.1]))).to.equal(6 / 7);
  });

  it('have no number that compares classes where there is one', () => {
    const one = ranking([0.9, 0.1], []);
    for (const number of [rocAuc, averagePrecision, equalErrorRate]) expect(number(one)).to.equal(null);
    expect(recallAtFalsePositiveRate(one, 0.05)).to.equal(null);
  });
});
