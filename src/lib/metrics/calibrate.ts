import { isManipulated } from '../core/verdict.js';
import { TAMPERED, type Label } from '../core/label.js';
import { logit } from '../core/temperature.js';
import { cutsFromTop, rankScores } from './ranking.js';
import { ratio } from './confusion.js';
import type { SweepRow } from './sweep-row.js';

/** What fitted thresholds shall reach. */
export type Objective =
  | { kind: 'f1' }
  /** The highest recall whose false-positive rate (of images, of pixels of authentic images) is at most `maxFpr`. */
  | { kind: 'recall'; maxFpr: number };

export interface LabelledScore {
  label: Label;
  /** A probability, 0 … 1. */
  score: number;
}

/** Temperatures beyond these bounds say only that the classes are separable, or that the score says nothing. */
const TEMPERATURE_BOUNDS = { low: 0.05, high: 20 };

/**
 * The temperature T that minimises the mean negative log-likelihood of sigmoid(logit / T) (Guo et al., "On calibration of
 * modern neural networks", 2017). The likelihood is convex in 1/T, so a search by golden sections finds the minimum.
 *
 * @param images raw scores, before any temperature; both classes are needed
 */
export function fitTemperature(images: readonly LabelledScore[]): number {
  const loss = (logTemperature: number): number =>
    images.reduce((sum, { label, score }) => {
      const scaled = logit(score) / Math.exp(logTemperature);
      const margin = label === TAMPERED ? scaled : -scaled;
      return sum + Math.log1p(Math.exp(-Math.abs(margin))) + Math.max(0, -margin);
    }, 0);
  const section = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(TEMPERATURE_BOUNDS.low);
  let high = Math.log(TEMPERATURE_BOUNDS.high);
  for (let i = 0; i < 80; i++) {
    const left = high - section * (high - low);
    const right = low + section * (high - low);
    if (loss(left) <= loss(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

/**
 * The score threshold that serves the objective best, half-way between the scores that it parts.
 *
 * @param images scores after the temperature; both classes are needed
 */
export function fitScoreThreshold(images: readonly LabelledScore[], objective: Objective): number {
  const ranking = rankScores(
    images.map(({ score }) => score),
    images.map(({ label }) => label === TAMPERED),
  );
  const tampered = images.filter(({ label }) => label === TAMPERED).length;
  const authentic = images.length - tampered;
  let best = { value: -1, from: ranking.scores.length };
  for (const { from, tp, fp } of cutsFromTop(ranking)) {
    if (objective.kind === 'recall' && fp / authentic > objective.maxFpr) break;
    const value = objective.kind === 'f1' ? ratio(2 * tp, tp + fp + tampered) : tp / tampered;
    if (value > best.value) best = { value, from };
  }
  const above = ranking.scores[best.from] ?? 1;
  const below = ranking.scores[best.from - 1] ?? 0;
  return (above + below) / 2;
}

/** Whether a cut at a threshold parts the images at all: some are above it, and some are not. */
export function parts(images: readonly LabelledScore[], threshold: number): boolean {
  const above = images.filter(({ score }) => isManipulated(score, threshold)).length;
  return above > 0 && above < images.length;
}

/** The best threshold of those that were tried, and whether better ones may lie beyond them. */
export interface FittedMaskThreshold {
  threshold: number;
  atEdge: boolean;
}

/**
 * The mask threshold of the sweep that serves the objective best; of several that serve it alike, the middle one. Undefined
 * where the data cannot tell.
 *
 * @param sweep rows of the run
 * @param falseAlarmAreas mean share of called pixels on authentic images, for each row; null without authentic images
 */
export function fitMaskThreshold(
  sweep: readonly SweepRow[],
  falseAlarmAreas: readonly (number | null)[],
  objective: Objective,
): FittedMaskThreshold | undefined {
  const values = sweep.map((row, index) => {
    const value = objective.kind === 'f1' ? row.pixelMacroF1 : row.pixelMacroRecall;
    const area = falseAlarmAreas[index] ?? null;
    if (objective.kind === 'recall' && (area === null || area > objective.maxFpr)) return null;
    return value;
  });
  const best = values.reduce<number | null>(
    (most, value) => (value !== null && (most === null || value > most) ? value : most),
    null,
  );
  if (best === null) return undefined;
  const first = values.indexOf(best);
  const beyond = values.findIndex((value, index) => index > first && value !== best);
  const last = (beyond === -1 ? values.length : beyond) - 1;
  const middle = (first + last) >> 1;
  return { threshold: sweep[middle]!.threshold, atEdge: middle === 0 || middle === values.length - 1 };
}
