/** What can be said of an image. None of them is "authentic": that nothing was found proves nothing. */
export const VERDICTS = ['manipulated', 'suspicious', 'no-finding'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The same words wherever a verdict is told: a heading, and what it means and does not mean. */
export const VERDICT_WORDS: Readonly<Record<Verdict, { title: string; meaning: string }>> = {
  manipulated: { title: 'Manipulated', meaning: 'The score is above the threshold.' },
  suspicious: {
    title: 'Suspicious',
    meaning:
      'The score is below the threshold, but a region stands out: look at the marked places yourself. ' +
      'Authentic photos often have such places too.',
  },
  'no-finding': {
    title: 'No finding',
    meaning: 'This does not show that the image is authentic.',
  },
};

/**
 * The one comparison that makes a verdict: an image counts as manipulated where its score is above the threshold, never where it
 * only reaches it.
 *
 * @param score - probability of manipulation, after the temperature
 */
export function isManipulated(score: number, threshold: number): boolean {
  return score > threshold;
}

/**
 * The verdict on an image: made here, and nowhere else.
 *
 * @param standsOut - whether a region stands out, by the rule of `predict/verdict.ts`
 */
export function verdictFrom(score: number, threshold: number, standsOut: boolean): Verdict {
  if (isManipulated(score, threshold)) return 'manipulated';
  return standsOut ? 'suspicious' : 'no-finding';
}
