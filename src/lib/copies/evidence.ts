/** What is known about a pair of places. */
export interface Observations {
  /** Pixels of the working image with detail that is found again. */
  pixels: number;
  /** Correlation of detail of 3 to 8 pixels. */
  middle: number;
  /** Distance to the twin as a share of that to the best other place. */
  ambiguity: number;
}

/** The score of an image in which nothing was found. */
export const NO_EVIDENCE = -4;
const MOST_EVIDENCE = 12;

/**
 * How much a pair of places speaks for a copy: log-odds from a logistic regression on the best pair of each of 136 copy-moves
 * and 795 authentic photos (docs/decisions/0006-copies.md). The correlation enters as the mutual information of two
 * correlated Gaussian variables.
 */
export function evidenceOf({ pixels, middle, ambiguity }: Observations): number {
  const correlation = Math.max(0, middle);
  const information = -Math.log(1.001 - correlation * correlation);
  const evidence =
    0.5 * Math.log(pixels / 500) + 0.5 * information - 1.8 * Math.log(Math.max(0.12, ambiguity)) - 2;
  return Math.min(MOST_EVIDENCE, Math.max(NO_EVIDENCE, Math.round(evidence * 1e6) / 1e6));
}
