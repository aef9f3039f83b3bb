import type { Confusion } from './confusion.js';
import { bitsOf, encodeHistogram, type PixelHistogram } from './pixel-histogram.js';
import { bestF1, rocAuc } from './ranking.js';
import type { ThresholdSet } from './thresholds.js';

/** One image's probability map against its ground truth, in numbers. */
export interface PixelCounts {
  pixels: number;
  /** Pixels that the ground truth calls tampered. */
  positives: number;
  /** Exact counts of true positives, for every threshold of the run's set. */
  tp: number[];
  /** Exact counts of false positives, for every threshold of the run's set. */
  fp: number[];
  /** Area under the image's own ROC curve; null where the ground truth has one class. */
  auc: number | null;
  /** F1 at the image's own best threshold; null without tampered pixels. */
  oracleF1: number | null;
}

/** All that any pixel metric needs of one image. */
export interface PixelEvidence extends PixelCounts {
  /** The image's histogram, see {@link encodeHistogram}. */
  histogram: Uint8Array;
}

/**
 * @param probability the map, values 0 … 1, any shape
 * @param truth the same shape; not 0 is tampered
 * @param thresholds where exact counts are taken
 * @param histogram working memory, cleared on return
 * @throws {RangeError} where the map holds anything but numbers from 0 to 1, or the shapes differ
 */
export function measurePixels(
  probability: Float32Array,
  truth: Uint8Array,
  thresholds: ThresholdSet,
  histogram: PixelHistogram,
): PixelEvidence {
  if (probability.length !== truth.length) {
    throw new RangeError(`a map of ${probability.length} pixels against a truth of ${truth.length}`);
  }
  try {
    return measure(probability, truth, thresholds, histogram);
  } finally {
    histogram.clear();
  }
}

function measure(
  probability: Float32Array,
  truth: Uint8Array,
  thresholds: ThresholdSet,
  histogram: PixelHistogram,
): PixelEvidence {
  const size = thresholds.values.length;
  const positiveRanks = new Uint32Array(size + 1);
  const negativeRanks = new Uint32Array(size + 1);
  const bits = bitsOf(probability);
  let positives = 0;
  for (let i = 0; i < probability.length; i++) {
    const p = probability[i]!;
    if (!(p >= 0 && p <= 1)) throw new RangeError(`the probability map holds ${p}`);
    const isPositive = truth[i] !== 0;
    (isPositive ? positiveRanks : negativeRanks)[thresholds.rank(p)]!++;
    histogram.add(p, bits[i]!, isPositive);
    if (isPositive) positives++;
  }
  const sparse = histogram.toSparse();
  return {
    pixels: probability.length,
    positives,
    tp: countsAbove(positiveRanks),
    fp: countsAbove(negativeRanks),
    auc: rocAuc(sparse),
    oracleF1: positives === 0 ? null : bestF1(sparse),
    histogram: encodeHistogram(sparse),
  };
}

/** Confusion counts of an image at the threshold of an index. */
export function confusionAt(evidence: PixelCounts, thresholdIndex: number): Confusion {
  const tp = evidence.tp[thresholdIndex]!;
  const fp = evidence.fp[thresholdIndex]!;
  const negatives = evidence.pixels - evidence.positives;
  return { tp, fp, fn: evidence.positives - tp, tn: negatives - fp };
}

/** Counts by rank → counts of ranks above each threshold's index: `rank > k` means that p exceeds threshold k. */
function countsAbove(ranks: Uint32Array): number[] {
  const counts = new Array<number>(ranks.length - 1);
  let above = 0;
  for (let rank = ranks.length - 1; rank > 0; rank--) {
    above += ranks[rank]!;
    counts[rank - 1] = above;
  }
  return counts;
}

/**
 * Confusion counts at one threshold: positive where p > t.
 *
 * @param isPositive whether a grey value of the ground truth is tampered
 */
export function countPixels(
  probability: Float32Array,
  grey: Uint8Array,
  threshold: number,
  isPositive: (grey: number) => boolean,
): Confusion {
  let tp = 0;
  let called = 0;
  let positives = 0;
  for (let i = 0; i < probability.length; i++) {
    const isCalled = probability[i]! > threshold;
    if (isCalled) called++;
    if (isPositive(grey[i]!)) {
      positives++;
      if (isCalled) tp++;
    }
  }
  const fp = called - tp;
  return { tp, fp, fn: positives - tp, tn: probability.length - positives - fp };
}
