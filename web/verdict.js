/** What a result comes to, in words that claim no more than the numbers do. */

/**
 * Below the score's threshold, marked places are worth a look from this probability and this share of the picture on. Of
 * photos of CASIA v1 below the threshold, the shipped model marks something in most, authentic or not (34 of 42, and 23 of
 * 32 manipulated ones); so much of it in 12 of 42 and 12 of 32.
 */
const SUSPICIOUS = { probability: 0.6, share: 0.01 };

const WORDS = {
  tampered: { verdict: 'Looks manipulated', meaning: 'The score is above the threshold.' },
  suspicious: {
    verdict: 'Suspicious places, score below the threshold',
    meaning: 'Look at the marked places yourself: authentic photos often have such places too.',
  },
  nothing: { verdict: 'Nothing found', meaning: 'This does not show that the photo is authentic.' },
};

/** @returns {{kind: 'tampered' | 'suspicious' | 'nothing', verdict: string, meaning: string}} */
export function judge(result) {
  const kind = result.tampered ? 'tampered' : isSuspicious(result) ? 'suspicious' : 'nothing';
  return { kind, ...WORDS[kind] };
}

/** What the score is worth, by the photos that the model was tested on; empty where too few had such a score. */
export function worth({ tested }) {
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

function isSuspicious({ regions, width, height }) {
  const area = regions
    .filter(({ meanProbability }) => meanProbability >= SUSPICIOUS.probability)
    .reduce((sum, region) => sum + region.area, 0);
  return area >= SUSPICIOUS.share * width * height;
}
