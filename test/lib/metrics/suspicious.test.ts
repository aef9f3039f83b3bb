import { expect } from 'chai';
import type { ImageEvidence } from '../../../src/lib/metrics/evidence.js';
import { countedThresholds, RunAccumulator, type Estimate } from '../../../src/lib/metrics/run-metrics.js';
import { runStatistic } from '../../../src/lib/metrics/run-statistic.js';

const SETTINGS = { scoreThreshold: 0.4, maskThreshold: 0.5, sweep: [0.5], seed: 1 };
const PATHS = ['image.suspicious.authentic', 'image.suspicious.tampered'] as const;

function image(name: string, label: 0 | 1, score: number, standsOut?: boolean): ImageEvidence {
  return {
    ...{ image: name, label, score, rawScore: score, pixel: null, objectformer: null, trufor: null },
    ...(standsOut !== undefined && { standsOut }),
  };
}

const IMAGES = [
  image('a', 0, 0.39, true),
  image('b', 0, 0.4, true),
  // Manipulated by its score, whatever stands out.
  image('c', 0, 0.41, true),
  image('d', 0, 0.1, false),
  image('e', 1, 0.2, true),
  image('f', 1, 0.9, true),
  image('g', 1, 0.3, false),
];

function estimates(images: readonly ImageEvidence[]): Estimate[] {
  const run = new RunAccumulator(SETTINGS);
  for (const one of images) run.add(one);
  const { metrics } = run.result();
  return PATHS.map((path) => metrics[path]);
}

describe('the rate of suspicious images', () => {
  it('is that of a class at or below the score threshold where regions stand out', () => {
    const [authentic, tampered] = estimates(IMAGES);
    expect(authentic).to.include({ value: 0.5, n: 4 });
    expect(authentic!.low).to.be.below(0.5);
    expect(tampered).to.include({ value: 1 / 3, n: 3 });
  });

  it('is resampled alike where runs are compared', () => {
    const statistic = runStatistic(IMAGES, countedThresholds(SETTINGS), SETTINGS);
    const all = statistic(IMAGES.map(() => 1));
    expect(PATHS.map((path) => all[path])).to.deep.equal([0.5, 1 / 3]);
    const twice = statistic(IMAGES.map(({ image: name }) => (name === 'a' ? 2 : 1)));
    expect(twice['image.suspicious.authentic']).to.equal(3 / 5);
  });

  it('is unknown, never 0, where it was not recorded of every image, or there is none', () => {
    const [authentic, tampered] = estimates([...IMAGES, image('old', 0, 0.1)]);
    expect(authentic).to.include({ value: null, reason: 'regions that stand out were not recorded' });
    expect(tampered).to.include({ value: 1 / 3 });
    expect(estimates(IMAGES.slice(0, 4))[1]).to.include({ value: null, reason: 'no tampered image' });
  });
});
