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

/** What the score is worth, by the photos that the model was tested on; empty where too few had such a score. */
export function testedText({ tested }) {
  if (!tested) return '';
  const { data, scores, photos, manipulated, low, high, all } = tested;
  const hundredth = (share) => (share * 100).toFixed(0);
  return (
    `Of 100 test photos with such a score (${scores.low.toFixed(2)} to ${scores.high.toFixed(2)}) ` +
    `${hundredth(manipulated / photos)} were manipulated, give or take: ${hundredth(low)} to ${hundredth(high)}, ` +
    `from ${manipulated} of ${photos} photos of ${data}. Of all test photos ${hundredth(all.manipulated / all.photos)} ` +
    'of 100 were; where fewer are, fewer are with such a score.'
  );
}
