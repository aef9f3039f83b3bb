import { AUTHENTIC, TAMPERED, type Label } from '../core/label.js';
import { isManipulated, verdictFrom } from '../core/verdict.js';
import type { Statistics } from './bootstrap.js';
import { accuracy, balancedAccuracy, f1, mcc, precision, recall, type Confusion } from './confusion.js';
import type { MetricPath } from './definitions.js';
import {
  averagePrecision,
  equalErrorRate,
  rankScores,
  recallAtFalsePositiveRate,
  rocAuc,
} from './ranking.js';

export interface ScoredImage {
  label: Label;
  /** Probability of tampering after the temperature, 0 … 1. */
  score: number;
  /** The same before the temperature. */
  rawScore: number;
}

export type ImageMetric =
  | 'accuracy'
  | 'balancedAccuracy'
  | 'precision'
  | 'recall'
  | 'f1'
  | 'mcc'
  | 'auc'
  | 'averagePrecision'
  | 'equalErrorRate'
  | 'recallAtFpr1'
  | 'recallAtFpr5'
  | 'ece'
  | 'brier'
  | 'objectformerF1';

/** Where each of these stands among a run's numbers. */
export function imageMetricPath(name: ImageMetric): MetricPath {
  return name === 'objectformerF1' ? 'protocols.objectformer.image.f1' : `image.${name}`;
}

/** ObjectFormer's test script compares the raw logit with 0.5: p > sigmoid(0.5) = 0.622. */
const OBJECTFORMER_SCORE_THRESHOLD = 1 / (1 + Math.exp(-0.5));

const CALIBRATION_BINS = 15;

/**
 * Image-level numbers as a function of how often each image counts, so that the data set itself (all weights 1) and its
 * resamples share one implementation. Numbers that compare two classes are null where one has no weight; recall is null
 * without tampered images.
 */
export function imageStatistic(
  images: readonly ScoredImage[],
  threshold: number,
): (weights: ArrayLike<number>) => Statistics<ImageMetric> {
  const ranked = rankScores(
    images.map(({ score }) => score),
    images.map(({ label }) => label === TAMPERED),
  );
  const ranking = {
    positives: new Float64Array(ranked.scores.length),
    negatives: new Float64Array(ranked.scores.length),
  };
  return (weights) => {
    ranking.positives.fill(0);
    ranking.negatives.fill(0);
    images.forEach(({ label }, index) => {
      const counts = label === TAMPERED ? ranking.positives : ranking.negatives;
      counts[ranked.entryOf[index]!]! += weights[index]!;
    });
    const confusion = confusionOf(images, ({ score }) => isManipulated(score, threshold), weights);
    const objectformer = confusionOf(
      images,
      ({ rawScore }) => isManipulated(rawScore, OBJECTFORMER_SCORE_THRESHOLD),
      weights,
    );
    const tampered = confusion.tp + confusion.fn;
    const authentic = confusion.fp + confusion.tn;
    const any = tampered + authentic > 0;
    const both = tampered > 0 && authentic > 0;
    return {
      accuracy: any ? accuracy(confusion) : null,
      balancedAccuracy: both ? balancedAccuracy(confusion) : null,
      precision: both ? precision(confusion) : null,
      recall: tampered > 0 ? recall(confusion) : null,
      f1: both ? f1(confusion) : null,
      mcc: both ? mcc(confusion) : null,
      auc: rocAuc(ranking),
      averagePrecision: averagePrecision(ranking),
      equalErrorRate: equalErrorRate(ranking),
      recallAtFpr1: recallAtFalsePositiveRate(ranking, 0.01),
      recallAtFpr5: recallAtFalsePositiveRate(ranking, 0.05),
      ece: any ? calibrationError(reliability(images, CALIBRATION_BINS, weights)) : null,
      brier: any ? brierScore(images, weights) : null,
      objectformerF1: both ? f1(objectformer) : null,
    };
  };
}

/** What an image adds to the share of "suspicious" ones: 1 or 0; null where regions that stand out were not recorded. */
export function suspiciousShare(
  { score, standsOut }: { score: number; standsOut?: boolean | undefined },
  threshold: number,
): number | null {
  if (standsOut === undefined) return null;
  return verdictFrom(score, threshold, standsOut) === 'suspicious' ? 1 : 0;
}

/** Counts of verdicts against labels. */
export function confusionOf(
  images: readonly ScoredImage[],
  isCalled: (image: ScoredImage) => boolean,
  weights?: ArrayLike<number>,
): Confusion {
  const counts = { tp: 0, fp: 0, fn: 0, tn: 0 };
  images.forEach((image, index) => {
    const weight = weights?.[index] ?? 1;
    if (image.label === TAMPERED) counts[isCalled(image) ? 'tp' : 'fn'] += weight;
    else counts[isCalled(image) ? 'fp' : 'tn'] += weight;
  });
  return counts;
}

/** Images whose scores fall in one bin. */
export interface ReliabilityBin {
  low: number;
  high: number;
  count: number;
  meanScore: number;
  /** Share of tampered images. */
  tampered: number;
}

/** Scores against outcomes in equal-width bins [low, high) of the score, the last one closed; empty bins are left out. */
export function reliability(
  images: readonly ScoredImage[],
  bins: number = CALIBRATION_BINS,
  weights?: ArrayLike<number>,
): ReliabilityBin[] {
  const counts = new Float64Array(bins);
  const scores = new Float64Array(bins);
  const tampered = new Float64Array(bins);
  images.forEach(({ score, label }, index) => {
    const weight = weights?.[index] ?? 1;
    const bin = Math.min(Math.floor(score * bins), bins - 1);
    counts[bin]! += weight;
    scores[bin]! += weight * score;
    if (label !== AUTHENTIC) tampered[bin]! += weight;
  });
  return Array.from(counts, (count, bin) => ({
    low: bin / bins,
    high: (bin + 1) / bins,
    count,
    meanScore: scores[bin]! / count,
    tampered: tampered[bin]! / count,
  })).filter(({ count }) => count > 0);
}

/** Expected calibration error: Σ (images of the bin / all) · |mean score − share of tampered images|. */
export function calibrationError(bins: readonly ReliabilityBin[]): number {
  let total = 0;
  let distance = 0;
  for (const bin of bins) {
    total += bin.count;
    distance += bin.count * Math.abs(bin.meanScore - bin.tampered);
  }
  return distance / total;
}

function brierScore(images: readonly ScoredImage[], weights: ArrayLike<number>): number {
  let total = 0;
  let squares = 0;
  images.forEach(({ score, label }, index) => {
    total += weights[index]!;
    squares += weights[index]! * (score - label) ** 2;
  });
  return squares / total;
}
