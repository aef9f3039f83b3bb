/** What a result comes to, in words that claim no more than the numbers do. */

/** The library's words (src/lib/core/verdict.ts); which verdict it is, the result says. */
const WORDS = {
  manipulated: { verdict: 'Manipulated', meaning: 'The score is above the threshold.' },
  suspicious: {
    verdict: 'Suspicious',
    meaning:
      'The score is below the threshold, but a region stands out: look at the marked places yourself. ' +
      'Authentic photos often have such places too.',
  },
  'no-finding': { verdict: 'No finding', meaning: 'This does not show that the image is authentic.' },
};

/** @returns {{kind: 'manipulated' | 'suspicious' | 'no-finding', verdict: string, meaning: string}} */
export function judge({ verdict }) {
  return { kind: verdict, ...WORDS[verdict] };
}

/** What the score is worth, by the photos that the model was tested on: the library's words (src/lib/predict/worth.ts). */
export function testedText(result) {
  return testedParts(result).join(' ');
}

/** @returns {string[]} the same by sentences; the first says the most */
export function testedParts({ tested }) {
  if (!tested) {
    return [
      'What such a score is worth is not known: too few test photos had one, or none were examined in this way.',
    ];
  }
  const { scores, photos, manipulated, low, high, all, data, about } = tested;
  const range = intervalText(scores, (bound) => bound.toFixed(2));
  return [
    `Of ${photos} test photos with such a score (${range}), ${manipulated} were manipulated: ${percent(manipulated / photos)}, and with the uncertainty of so few photos ${intervalText({ low, high }, percent)} (95 % interval).`,
    frequencies(tested),
    `Of all ${all.photos} test photos ${percent(all.manipulated / all.photos)} were manipulated; where manipulated photos are rarer than that, fewer photos with such a score are manipulated.`,
    `The test photos: ${about ?? data}.`,
  ];
}

function frequencies({ photos, manipulated, all }) {
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

function intervalText({ low, high }, show) {
  return `${show(low)} to ${show(high)}`;
}

function percent(share) {
  return `${(share * 100).toFixed(0)} %`;
}
