/** Counts of decisions against the truth; of pixels or of images. */
export interface Confusion {
  tp: number;
  fp: number;
  fn: number;
  tn: number;
}

/** A quotient in which 0/0 is 0, as scikit-learn's `zero_division=0`. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

export function precision({ tp, fp }: Confusion): number {
  return ratio(tp, tp + fp);
}

export function recall({ tp, fn }: Confusion): number {
  return ratio(tp, tp + fn);
}

/** Harmonic mean of precision and recall, 2·tp / (2·tp + fp + fn). */
export function f1({ tp, fp, fn }: Confusion): number {
  return ratio(2 * tp, 2 * tp + fp + fn);
}

/** Intersection over union of the positive class (Jaccard index). */
export function iou({ tp, fp, fn }: Confusion): number {
  return ratio(tp, tp + fp + fn);
}

export function accuracy({ tp, fp, fn, tn }: Confusion): number {
  return ratio(tp + tn, tp + fp + fn + tn);
}

/** Mean of the recalls of the two classes. */
export function balancedAccuracy({ tp, fp, fn, tn }: Confusion): number {
  return (ratio(tp, tp + fn) + ratio(tn, tn + fp)) / 2;
}

/** Matthews correlation coefficient, −1 … 1; 0 where a row or a column of the confusion matrix is empty. */
export function mcc({ tp, fp, fn, tn }: Confusion): number {
  // Roots are taken one by one: the product of four counts of 10^10 pixels would lose its small factors.
  const scale = Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn);
  // Rounding can carry a perfect 1 over the edge.
  return Math.max(-1, Math.min(1, ratio(tp * tn - fp * fn, scale)));
}

export function addConfusion(a: Confusion, b: Confusion): Confusion {
  return { tp: a.tp + b.tp, fp: a.fp + b.fp, fn: a.fn + b.fn, tn: a.tn + b.tn };
}
