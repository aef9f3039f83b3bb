import { isManipulated } from '../core/verdict.js';
import { AUTHENTIC, TAMPERED } from '../core/label.js';
import { fitScoreThreshold, type LabelledScore } from './calibrate.js';

/** False-positive rates that users set their thresholds by. */
export const FIXED_FPRS = [0.01, 0.05, 0.1] as const;

/** The score threshold for a false-positive rate, and what it reaches on the data of a run. */
export interface OperatingPoint {
  /** Highest share of authentic images that may be classified as tampered. */
  maxFpr: number;
  threshold: number;
  /** Share of tampered images above the threshold. */
  tpr: number;
  /** Share of authentic images above it. */
  fpr: number;
}

/** @returns a point for each of {@link FIXED_FPRS}, none where a class is missing */
export function operatingPoints(images: readonly LabelledScore[]): OperatingPoint[] {
  const share = (label: LabelledScore['label'], threshold: number): number => {
    const scores = images.filter((image) => image.label === label);
    return scores.filter(({ score }) => isManipulated(score, threshold)).length / scores.length;
  };
  const hasBoth = [TAMPERED, AUTHENTIC].every((label) => images.some((image) => image.label === label));
  if (!hasBoth) return [];
  return FIXED_FPRS.map((maxFpr) => {
    const threshold = fitScoreThreshold(images, { kind: 'recall', maxFpr });
    return { maxFpr, threshold, tpr: share(TAMPERED, threshold), fpr: share(AUTHENTIC, threshold) };
  });
}
