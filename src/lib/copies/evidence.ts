/** What is known about a pair of places. */
export interface Observations {
  /** Pixels of the working image with detail that is found again. */
  pixels: number;
  /** Correlation of detail of 3 to 8 pixels. */
  similarity: number;
  /** Correlation of the finest residual where there is least to see. */
  residual: number;
  /** Whether the places show writing. */
  writing: boolean;
  /** Distance to the twin as a share of that to the best other place. */
  ambiguity: number;
}

/**
 * The score of an image in which nothing was found, and of pairs that say even less: how little they say tells nothing about the
 * image, and splices have no pairs at all.
 */
export const NO_EVIDENCE = -1;
const MOST_EVIDENCE = 12;
/** A second best at more than this many times the distance makes no difference any more. */
const LEAST_AMBIGUITY = 0.12;
/** From here on the noise of both places counts as the same. */
const SAME_NOISE = 0.3;
/** What is left of the evidence where it is not. */
const WITHOUT_NOISE = 0.2;

/** Less evidence than this is not doubted further: it is far from a finding. */
export const DOUBTED = 0.5;
/** Correlations of the detail of a third place from which things begin to recur, and from which they do. */
const RECURRING = 0.5;
const RECURRENT = 0.8;
/** What that takes away, in log-odds. */
const RECURRENCE_DOUBT = 1.2;

/**
 * How much a pair of places speaks for a copy, as log-odds. First a logistic regression on the best pair of each of 136 copy-moves
 * and 795 authentic photos, in which the correlation enters as the mutual information of two correlated Gaussian variables; then
 * what images of windows, fences, bricks and pages taught, in which nothing was copied (docs/decisions/0006-copies.md): however
 * large and alike two places are, they say no more than how much better they fit each other than anything else; and where their
 * noise is not the same, or where they are writing, hardly anything.
 */
export function evidenceOf({ pixels, similarity, residual, writing, ambiguity }: Observations): number {
  const correlation = Math.max(0, similarity);
  const information = -Math.log(1.001 - correlation * correlation);
  const distinctness = -Math.log(Math.max(LEAST_AMBIGUITY, ambiguity));
  const fitted = 0.5 * Math.log(pixels / 500) + 0.5 * information + 1.8 * distinctness - 2;
  let evidence = Math.min(fitted, 2.2 * distinctness - 0.2);
  if (evidence > 0) {
    const noise = Math.min(1, Math.max(0, residual / SAME_NOISE));
    evidence *= writing ? WITHOUT_NOISE : WITHOUT_NOISE + (1 - WITHOUT_NOISE) * noise;
  }
  return Math.min(MOST_EVIDENCE, Math.max(NO_EVIDENCE, Math.round(evidence * 1e6) / 1e6));
}

/**
 * What is left of evidence where a third place looks like the two: a facade has rows of equal windows. Some copies have been put down
 * more than once; they fit each other so much better than windows do that they remain a finding.
 *
 * @param evidence - more than {@link DOUBTED}
 */
export function whereThingsRecur(evidence: number, recurrence: number): number {
  const share = Math.min(1, Math.max(0, (recurrence - RECURRING) / (RECURRENT - RECURRING)));
  return Math.max(DOUBTED, Math.round((evidence - share * RECURRENCE_DOUBT) * 1e6) / 1e6);
}
