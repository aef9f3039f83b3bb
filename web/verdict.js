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

/** What the score is worth, by the photos that the model was tested on; empty where the model does not tell. */
export function worth({ tampered, tested }) {
  if (!tested) return '';
  const share = ({ photos, atLeast }) => `${tampered ? atLeast : photos - atLeast} of ${photos}`;
  const side = tampered ? 'this high or higher' : 'lower than this';
  return `In tests (${tested.data}) ${share(tested.tampered)} manipulated photos and ${share(tested.authentic)} authentic ones scored ${side}.`;
}

function isSuspicious({ regions, width, height }) {
  const area = regions
    .filter(({ meanProbability }) => meanProbability >= SUSPICIOUS.probability)
    .reduce((sum, region) => sum + region.area, 0);
  return area >= SUSPICIOUS.share * width * height;
}
