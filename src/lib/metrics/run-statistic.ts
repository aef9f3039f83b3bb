import { AUTHENTIC, TAMPERED } from '../core/label.js';
import type { Statistics } from './bootstrap.js';
import { addConfusion, f1, type Confusion } from './confusion.js';
import { METRIC_PATHS, type MetricPath } from './definitions.js';
import type { ImageEvidence } from './evidence.js';
import { imageMetricPath, imageStatistic, suspiciousShare, type ImageMetric } from './image-level.js';
import { MACRO_PATHS, macroStatistic, weightedMean, type MacroMetric } from './macro.js';
import { confusionAt } from './measure-pixels.js';
import { ALL_SPREAD, bothClasses, COARSE_BINS, MICRO_METRICS, microStatistics } from './micro.js';
import { decodeHistogram } from './pixel-histogram.js';
import type { MetricSettings } from './run-metrics.js';
import type { ThresholdSet } from './thresholds.js';

type Weights = ArrayLike<number>;
type Values = Partial<Statistics<MetricPath>>;

/**
 * Every number of a run as a function of how often each of its images counts, so that two runs can be resampled
 * alike. Numbers that count or set something, rather than estimate it, are left out.
 *
 * @param images pixels as histograms in the coarse bins, see `coarsenHistogram`
 * @param thresholds those at which the images' exact counts were taken
 */
export function runStatistic(
  images: readonly ImageEvidence[],
  thresholds: ThresholdSet,
  { scoreThreshold, maskThreshold, sweep }: Omit<MetricSettings, 'seed'>,
): (weights: Weights) => Values {
  const maskIndex = thresholds.indexOf(maskThreshold);
  const parts = [
    imageValues(images, scoreThreshold),
    macroValues(images, thresholds, maskThreshold, sweep),
    microValues(images, maskIndex),
    meanValue('pixel.falseAlarmArea', images, ({ label, pixel }) =>
      label === AUTHENTIC && pixel ? pixel.fp[maskIndex]! / pixel.pixels : null,
    ),
    meanValue('image.suspicious.authentic', images, (image) =>
      image.label === AUTHENTIC ? suspiciousShare(image, scoreThreshold) : null,
    ),
    meanValue('image.suspicious.tampered', images, (image) =>
      image.label === TAMPERED ? suspiciousShare(image, scoreThreshold) : null,
    ),
    meanValue('protocols.trufor.pixel.f1', images, ({ trufor }) => trufor?.f1 ?? null),
    meanValue('protocols.trufor.pixel.best.f1', images, ({ trufor }) => trufor?.bestF1 ?? null),
  ];
  return (weights) => Object.assign({}, ...parts.map((part) => part(weights))) as Values;
}

/** The paths that {@link runStatistic} gives. */
export const ESTIMATED_PATHS: readonly MetricPath[] = METRIC_PATHS.filter(
  (path) => !/^(counts|thresholds)\./.test(path),
);

function imageValues(images: readonly ImageEvidence[], threshold: number): (weights: Weights) => Values {
  const statistic = imageStatistic(images, threshold);
  return (weights) => {
    const entries = Object.entries(statistic(weights)) as [ImageMetric, number | null][];
    return Object.fromEntries(entries.map(([name, value]) => [imageMetricPath(name), value]));
  };
}

function macroValues(
  images: readonly ImageEvidence[],
  thresholds: ThresholdSet,
  maskThreshold: number,
  sweep: readonly number[],
): (weights: Weights) => Values {
  const members = indicesWhere(images, ({ label, pixel }) => label === TAMPERED && pixel !== null);
  const statistic = macroStatistic(
    members.map((index) => images[index]!.pixel!),
    thresholds,
    maskThreshold,
    sweep,
  );
  return (weights) => {
    const values = statistic(members.map((index) => weights[index]!));
    const entries = Object.entries(values) as [MacroMetric, number | null][];
    return Object.fromEntries(entries.map(([name, value]) => [MACRO_PATHS[name], value]));
  };
}

function microValues(images: readonly ImageEvidence[], maskIndex: number): (weights: Weights) => Values {
  const members = indicesWhere(images, ({ pixel }) => pixel !== null);
  const counts = members.map((index) => confusionAt(images[index]!.pixel!, maskIndex));
  const protocolCounts = members.map((index) => images[index]!.objectformer!);
  const histograms = members.map((index) => decodeHistogram(images[index]!.pixel!.histogram));
  const ranking = {
    positives: new Float64Array(COARSE_BINS),
    negatives: new Float64Array(COARSE_BINS),
    spread: ALL_SPREAD,
  };
  return (weights) => {
    ranking.positives.fill(0);
    ranking.negatives.fill(0);
    members.forEach((index, member) => {
      const weight = weights[index]!;
      if (weight === 0) return;
      const { bins, positives, negatives } = histograms[member]!;
      for (let i = 0; i < bins.length; i++) {
        ranking.positives[bins[i]!]! += weight * positives[i]!;
        ranking.negatives[bins[i]!]! += weight * negatives[i]!;
      }
    });
    const weightsOfMembers = members.map((index) => weights[index]!);
    const values = microStatistics(weightedSum(counts, weightsOfMembers), ranking);
    const protocol = weightedSum(protocolCounts, weightsOfMembers);
    return {
      ...Object.fromEntries(MICRO_METRICS.map((name) => [`pixel.micro.${name}`, values[name]])),
      'protocols.objectformer.pixel.f1': bothClasses(protocol) ? f1(protocol) : null,
    };
  };
}

function meanValue(
  path: MetricPath,
  images: readonly ImageEvidence[],
  valueOf: (image: ImageEvidence) => number | null,
): (weights: Weights) => Values {
  const column = Float64Array.from(images, (image) => valueOf(image) ?? Number.NaN);
  return (weights) => ({ [path]: weightedMean(column, weights) });
}

function weightedSum(counts: readonly Confusion[], weights: readonly number[]): Confusion {
  return counts.reduce(
    (sum, { tp, fp, fn, tn }, index) => {
      const weight = weights[index]!;
      return addConfusion(sum, { tp: weight * tp, fp: weight * fp, fn: weight * fn, tn: weight * tn });
    },
    { tp: 0, fp: 0, fn: 0, tn: 0 },
  );
}

function indicesWhere<T>(items: readonly T[], isMember: (item: T) => boolean): number[] {
  return items.flatMap((item, index) => (isMember(item) ? [index] : []));
}
