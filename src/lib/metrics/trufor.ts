import { f1 } from './confusion.js';
import { bitsOf, type PixelHistogram } from './pixel-histogram.js';
import { bestF1 } from './ranking.js';

/** TruFor's protocol shrinks the tampered area by a square of this side … */
const ERODED_BY = 15;
/** … and the authentic area by what a square of this side adds to the tampered one; the border between counts nowhere. */
const DILATED_BY = 11;

const FIXED_THRESHOLD = 0.5;

export interface TruforEvidence {
  /**
   * The larger of the F1 of p and of 1 − p, at 0.5. Null, and left out of the mean, where ground truth and prediction
   * agree that all counted pixels are of one class: the published script cannot count then.
   */
  f1: number | null;
  /** The same, each at its own best threshold. */
  bestF1: number;
}

/**
 * Pixel F1 by the protocol of TruFor (Guillaro et al., CVPR 2023), as its published `metrics.py` calculates it: an image
 * whose truth erosion empties has F1 0, and stays in the mean.
 *
 * @param probability the map at the image's size, row-major
 * @param truth the same shape; not 0 is tampered
 * @param histogram working memory, cleared on return
 * @returns null where no pixel is left to count
 */
export function measureTrufor(
  probability: Float32Array,
  truth: Uint8Array,
  width: number,
  height: number,
  histogram: PixelHistogram,
): TruforEvidence | null {
  const tampered = erode(truth, width, height, ERODED_BY);
  const authentic = erode(
    truth.map((value) => (value === 0 ? 1 : 0)),
    width,
    height,
    DILATED_BY,
  );
  const direct = { tp: 0, fp: 0, fn: 0, tn: 0 };
  const inverse = { tp: 0, fp: 0, fn: 0, tn: 0 };
  const bits = bitsOf(probability);
  for (let i = 0; i < probability.length; i++) {
    const p = probability[i]!;
    if (tampered[i] !== 0) {
      histogram.add(p, bits[i]!, true);
      direct[p > FIXED_THRESHOLD ? 'tp' : 'fn']++;
      inverse[p > FIXED_THRESHOLD ? 'fn' : 'tp']++;
    } else if (authentic[i] !== 0) {
      histogram.add(p, bits[i]!, false);
      direct[p > FIXED_THRESHOLD ? 'fp' : 'tn']++;
      inverse[p > FIXED_THRESHOLD ? 'tn' : 'fp']++;
    }
  }
  const ranking = histogram.toSparse();
  // The thresholds of 1 − p are those of p from the other end.
  const inverseRanking = {
    positives: ranking.positives.slice().reverse(),
    negatives: ranking.negatives.slice().reverse(),
  };
  const best = Math.max(bestF1(ranking), bestF1(inverseRanking));
  histogram.clear();
  const { tp, fp, fn, tn } = direct;
  const counted = tp + fp + fn + tn;
  if (counted === 0) return null;
  const isOneClass = tn === counted || tp === counted;
  return { f1: isOneClass ? null : Math.max(f1(direct), f1(inverse)), bestF1: best };
}

/**
 * Erosion by a square: a pixel stays where its whole neighbourhood, as far as it lies in the image, is set.
 *
 * @param side odd side of the square in pixels
 */
export function erode(mask: Uint8Array, width: number, height: number, side: number): Uint8Array {
  const reach = (side - 1) / 2;
  const rows = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++) erodeLine(mask, rows, y * width, 1, width, reach);
  const both = new Uint8Array(mask.length);
  for (let x = 0; x < width; x++) erodeLine(rows, both, x, width, height, reach);
  return both;
}

/** Sets what is farther than `reach` from the nearest unset pixel of its line. */
function erodeLine(
  from: Uint8Array,
  to: Uint8Array,
  start: number,
  step: number,
  length: number,
  reach: number,
): void {
  let lastUnset = -reach - 1;
  for (let i = 0; i < length; i++) {
    if (from[start + i * step] === 0) {
      // All within reach before this pixel falls too.
      for (let k = Math.max(lastUnset + 1, i - reach, 0); k < i; k++) to[start + k * step] = 0;
      lastUnset = i;
    } else if (i - lastUnset > reach) {
      to[start + i * step] = 1;
    }
  }
}
