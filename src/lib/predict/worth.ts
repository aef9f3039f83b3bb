import { decimals, intervalText, percent } from '../text/numbers.js';
import type { Tested } from './result.js';

/**
 * What a score is worth, in sentences that say neither more nor less than was counted. The page of `ofx serve` has the same words
 * (web/verdict.js); a test compares both.
 */
export function worthSentences(tested: Tested | undefined): string[] {
  if (!tested) {
    return [
      'What such a score is worth is not known: too few test photos had one, or none were examined in this way.',
    ];
  }
  const { scores, photos, manipulated, low, high, all, data, about } = tested;
  const range = intervalText(scores, (bound) => decimals(bound, 2));
  const share = intervalText({ low, high }, wholePercent);
  return [
    `Of ${photos} test photos with such a score (${range}), ${manipulated} were manipulated: ${wholePercent(manipulated / photos)}, and with the uncertainty of so few photos ${share} (95 % interval).`,
    frequencies(tested),
    `Of all ${all.photos} test photos ${wholePercent(all.manipulated / all.photos)} were manipulated; where manipulated photos are rarer than that, fewer photos with such a score are manipulated.`,
    `The test photos: ${about ?? data}.`,
  ];
}

/** The same in the two lines that a terminal has room for; the rest stands in the model's card. */
export function worthInShort(
  { photos, manipulated, low, high, all, scores }: Tested,
  model: string,
): string[] {
  const range = `${scores.low.toFixed(2)} to ${scores.high.toFixed(2)}`;
  return [
    `In tests ${manipulated} of ${photos} photos with such a score (${range}) were manipulated: ${percent(manipulated / photos)} (${percent(low)} to ${percent(high)}), of all ${all.photos} ${percent(all.manipulated / all.photos)}.`,
    `Small places are often missed, and strong compression, shrinking and screenshots destroy traces: see ofx models show ${model} --card.`,
  ];
}

/** How often such a score was given to both kinds: this does not depend on how many of the photos were manipulated. */
function frequencies({ photos, manipulated, all }: Tested): string {
  const others = all.photos - all.manipulated;
  const first = manipulated / all.manipulated;
  const second = (photos - manipulated) / others;
  const counts = `${manipulated} of the ${all.manipulated} manipulated test photos and ${photos - manipulated} of the ${others} others had such a score`;
  if (first === 0 || second === 0) return `${counts}.`;
  const ratio = first / second;
  return ratio >= 1
    ? `${counts}: it was ${ratio.toFixed(1)} times as frequent among manipulated ones.`
    : `${counts}: it was ${(1 / ratio).toFixed(1)} times as frequent among the others.`;
}

function wholePercent(share: number): string {
  return percent(share, 0);
}
