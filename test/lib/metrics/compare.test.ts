import { expect } from 'chai';
import { compareRuns, type ComparedRun } from '../../../src/lib/metrics/compare.js';
import type { ImageEvidence } from '../../../src/lib/metrics/evidence.js';
import {
  countedThresholds,
  RunAccumulator,
  type MetricSettings,
} from '../../../src/lib/metrics/run-metrics.js';
import { ESTIMATED_PATHS, runStatistic } from '../../../src/lib/metrics/run-statistic.js';
import { sweepThresholds } from '../../../src/lib/metrics/thresholds.js';
import { coarsened, simulatedImages } from '../../support/evidence.js';

const SETTINGS: MetricSettings = {
  scoreThreshold: 0.5,
  maskThreshold: 0.4,
  sweep: sweepThresholds(0.05),
  seed: 1,
};
const THRESHOLDS = countedThresholds(SETTINGS);

function run(images: readonly ImageEvidence[]): ComparedRun {
  return { images: coarsened(images), thresholds: THRESHOLDS, settings: SETTINGS };
}

describe('runStatistic', () => {
  it('gives the numbers of the run itself where every image counts once', () => {
    const images = simulatedImages(30, { skill: 0.2, seed: 5, settings: SETTINGS });
    const accumulator = new RunAccumulator(SETTINGS);
    for (const image of images) accumulator.add(image);
    const { metrics } = accumulator.result();
    const values = runStatistic(coarsened(images), THRESHOLDS, SETTINGS)(images.map(() => 1));
    for (const path of ESTIMATED_PATHS) {
      // Areas over all pixels come from coarse bins; everything else is exact.
      const tolerance = /micro\.(auc|averagePrecision)$/.test(path) ? 2e-3 : 1e-12;
      expect(values[path], path).to.be.closeTo(metrics[path].value!, tolerance);
    }
  });

  it('counts an image twice as if it were there twice', () => {
    const images = simulatedImages(8, { skill: 0.2, seed: 6, settings: SETTINGS });
    const weights = images.map((_, index) => index % 3);
    const repeated = images.flatMap((image, index) => new Array<ImageEvidence>(weights[index]!).fill(image));
    const weighted = runStatistic(coarsened(images), THRESHOLDS, SETTINGS)(weights);
    const plain = runStatistic(coarsened(repeated), THRESHOLDS, SETTINGS)(repeated.map(() => 1));
    for (const path of ESTIMATED_PATHS) expect(weighted[path], path).to.be.closeTo(plain[path]!, 1e-12);
  });
});

describe('compareRuns', () => {
  const poor = simulatedImages(60, { skill: 0.1, seed: 7, settings: SETTINGS });
  const good = simulatedImages(60, { skill: 0.3, seed: 8, settings: SETTINGS });

  it('finds the better model better, and the other one worse by the same', () => {
    const forth = compareRuns(run(poor), run(good), { seed: 1, resamples: 200 });
    const back = compareRuns(run(good), run(poor), { seed: 1, resamples: 200 });
    for (const path of ['pixel.macro.f1', 'pixel.micro.f1', 'pixel.micro.auc', 'image.auc'] as const) {
      expect(forth[path].verdict, path).to.equal('better');
      expect(back[path].verdict, path).to.equal('worse');
      expect(back[path].low, path).to.be.closeTo(-forth[path].high!, 1e-9);
      expect(forth[path].chanceBetter).to.equal(1);
    }
  });

  it('knows that less is better of some numbers', () => {
    const { 'pixel.falseAlarmArea': area } = compareRuns(run(poor), run(good), { seed: 1, resamples: 200 });
    expect(area.difference).to.be.below(0);
    expect(area.verdict).to.equal('better');
  });

  it('finds a run equal to itself, and two draws of one model not significant apart', () => {
    const same = compareRuns(run(poor), run(poor), { seed: 1, resamples: 100 });
    const again = simulatedImages(60, { skill: 0.1, seed: 9, settings: SETTINGS });
    const other = compareRuns(run(poor), run(again), { seed: 1, resamples: 200 });
    expect(same['pixel.macro.f1']).to.include({ difference: 0, low: 0, high: 0, verdict: 'equal' });
    expect(other['image.auc'].verdict).to.equal('unclear');
  });

  it('pairs images: what is hard for both runs widens no interval', () => {
    const settings = SETTINGS;
    // The second run is better by the same small step on every image; images themselves differ widely.
    const stepped = poor.map((image) =>
      image.trufor ? { ...image, trufor: { f1: image.trufor.f1! + 0.001, bestF1: 1 } } : image,
    );
    const { 'protocols.trufor.pixel.f1': step } = compareRuns(run(poor), run(stepped), {
      seed: 1,
      resamples: 200,
    });
    const accumulator = new RunAccumulator(settings);
    for (const image of poor) accumulator.add(image);
    const alone = accumulator.result().metrics['protocols.trufor.pixel.f1'];
    expect(alone.high! - alone.low!).to.be.above(0.05);
    expect(step.high! - step.low!).to.be.below(1e-9);
    expect(step.verdict).to.equal('better');
  });

  it('gives no verdict on fewer than 20 images of the class that a number is about', () => {
    const few = (images: readonly ImageEvidence[], label: 0 | 1): ComparedRun => {
      const ofClass = images.filter((image) => image.label === label);
      return run([...ofClass.slice(0, 19), ...images.filter((image) => image.label !== label)]);
    };
    const options = { seed: 1, resamples: 100 };
    const tampered = compareRuns(few(poor, 1), few(good, 1), options);
    for (const path of ['pixel.macro.f1', 'pixel.micro.f1', 'image.auc'] as const) {
      expect(tampered[path], path).to.include({ images: 19, verdict: 'few' });
    }
    expect(tampered['pixel.falseAlarmArea']).to.include({ images: 30, verdict: 'better' });
    const authentic = compareRuns(few(poor, 0), few(good, 0), options);
    expect(authentic['pixel.falseAlarmArea']).to.include({ images: 19, verdict: 'few' });
    expect(authentic['pixel.macro.f1']).to.include({ images: 30, verdict: 'better' });
    expect(compareRuns(few(poor, 1), few(poor, 1), options)['pixel.macro.f1'].verdict).to.equal('equal');
  });

  it('says nothing of numbers that a class is missing for', () => {
    const tampered = (images: readonly ImageEvidence[]) => run(images.filter(({ label }) => label === 1));
    const differences = compareRuns(tampered(poor), tampered(good), { seed: 1, resamples: 50 });
    expect(differences['image.auc']).to.deep.equal({
      first: null,
      second: null,
      difference: null,
      low: null,
      high: null,
      chanceBetter: null,
      images: 30,
      verdict: 'none',
    });
    expect(differences['pixel.macro.f1'].verdict).to.equal('better');
  });

  it('moves an interval along with a number that is known more exactly', () => {
    const rough = compareRuns(run(poor), run(good), { seed: 1, resamples: 100 })['pixel.micro.auc'];
    const exact = compareRuns(
      run(poor),
      { ...run(good), exact: { 'pixel.micro.auc': rough.second! + 0.01 } },
      { seed: 1, resamples: 100 },
    )['pixel.micro.auc'];
    expect(exact.difference).to.be.closeTo(rough.difference! + 0.01, 1e-12);
    expect(exact.low).to.be.closeTo(rough.low! + 0.01, 1e-12);
  });
});
