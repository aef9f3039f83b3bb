import { expect } from 'chai';
import type { Label } from '../../../src/lib/core/label.js';
import { sigmoid } from '../../../src/lib/core/temperature.js';
import { fitFusion } from '../../../src/lib/metrics/fit-fusion.js';
import { seededRandom } from '../../../src/lib/metrics/random.js';

interface Image {
  label: Label;
  logits: number[];
}

/** Images of which the first source knows more than the second, and a third of them are tampered. */
function images(count: number): Image[] {
  const random = seededRandom(5);
  const noise = (): number => random() + random() + random() - 1.5;
  return Array.from({ length: count }, (_, i): Image => {
    const label = i % 3 === 0 ? 1 : 0;
    return { label, logits: [2 * label + 3 * noise(), label - 4 + 3 * noise()] };
  });
}

describe('weights of sources of evidence', () => {
  it('are where the likelihood has its maximum, both classes weighing alike', () => {
    const all = images(300);
    const { weights, bias } = fitFusion(all)!;
    const slopes = [0, 0, 0];
    for (const { label, logits } of all) {
      const of = all.filter((one) => one.label === label).length;
      const p = sigmoid(bias + logits[0]! * weights[0]! + logits[1]! * weights[1]!);
      [...logits, 1].forEach((value, i) => (slopes[i]! += (0.5 / of) * (label - p) * value));
    }
    // Three decimals of a weight are kept.
    for (const slope of slopes) expect(Math.abs(slope)).to.be.below(2e-3);
    expect(weights[0]).to.be.above(weights[1]!).and.to.be.above(0);
  });

  it('do not depend on the order of images', () => {
    const all = images(120);
    expect(fitFusion(all.toReversed())).to.deep.equal(fitFusion(all));
  });

  it('are none where no weights are the best', () => {
    const all = images(60);
    const parted = all.map(({ label, logits }) => ({ label, logits: [logits[0]!, label === 1 ? 3 : -3] }));
    expect(fitFusion(parted), 'parted without error').to.equal(undefined);
    const same = all.map(({ label, logits }) => ({ label, logits: [logits[0]!, 2] }));
    expect(fitFusion(same), 'says the same of every image').to.equal(undefined);
    const twice = all.map(({ label, logits }) => ({ label, logits: [logits[0]!, logits[0]!] }));
    expect(fitFusion(twice), 'two that say the same').to.equal(undefined);
    expect(fitFusion(all.filter(({ label }) => label === 1))).to.equal(undefined);
    expect(fitFusion([])).to.equal(undefined);
  });
});
