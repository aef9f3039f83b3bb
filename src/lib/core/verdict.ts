/**
 * The one comparison that makes a verdict: an image counts as manipulated where its score is above the threshold, never where it
 * only reaches it.
 *
 * @param score - probability of manipulation, after the temperature
 */
export function isManipulated(score: number, threshold: number): boolean {
  return score > threshold;
}
