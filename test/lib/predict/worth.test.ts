import { expect } from 'chai';
import { worthInShort, worthSentences } from '../../../src/lib/predict/worth.js';
import type { Tested } from '../../../src/lib/predict/result.js';

const PAGE = new URL('../../../web/verdict.js', import.meta.url).href;
const TESTED: Tested = {
  data: 'casia1-dev',
  about: '100 photos of a collection',
  scores: { low: 0.4, high: 0.5 },
  photos: 20,
  manipulated: 5,
  low: 0.11,
  high: 0.47,
  all: { photos: 100, manipulated: 50 },
};

describe('what a score is worth, in words', () => {
  it('is the same on the page, whatever was counted', async () => {
    const { testedText } = (await import(PAGE)) as { testedText: (result: { tested?: Tested }) => string };
    const unnamed: Tested = { ...TESTED };
    delete unnamed.about;
    for (const tested of [
      TESTED,
      unnamed,
      { ...TESTED, manipulated: 0 },
      { ...TESTED, manipulated: 20 },
      { ...TESTED, manipulated: 15 },
      undefined,
    ]) {
      expect(testedText(tested ? { tested } : {})).to.equal(worthSentences(tested).join(' '));
    }
  });

  it('is short in a terminal: what share, of how many, what is missed, and where more stands', () => {
    const text = worthInShort(TESTED, 'my-model').join(' ');
    expect(text).to.match(/5 of 20 photos .* 25(\.0)?\s% \(11(\.0)?\s% to 47(\.0)?\s%\), of all 100 50/);
    expect(text).to.match(/Small places .* destroy traces.*ofx models show my-model --card/);
    expect(text.length).to.be.lessThan(worthSentences(TESTED).join(' ').length);
  });

  it('says what the photos are in plain words, not by the names of their sets', () => {
    const text = worthSentences(TESTED).join(' ');
    expect(text).to.contain('100 photos of a collection').and.not.contain('casia1-dev');
    expect(text).to.contain('3.0 times as frequent among the others');
  });
});
