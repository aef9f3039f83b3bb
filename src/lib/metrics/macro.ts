import type { Statistics } from './bootstrap.js';
import { f1 } from './confusion.js';
import type { MetricPath } from './definitions.js';
import { confusionAt, type PixelCounts } from './measure-pixels.js';
import { forEachPixelMetric, type PixelMetricName } from './pixel-metrics.js';
import type { ThresholdSet } from './thresholds.js';

/** The threshold of every protocol of the field. */
export const PROTOCOL_THRESHOLD = 0.5;

export type MacroMetric = PixelMetricName | 'auc' | 'bestF1' | 'bestThreshold' | 'oracleF1' | 'protocolF1';

/** Where each of these stands among a run's numbers. */
export const MACRO_PATHS: Readonly<Record<MacroMetric, MetricPath>> = {
  ...forEachPixelMetric((_metric, name): MetricPath => `pixel.macro.${name}`),
  auc: 'pixel.macro.auc',
  bestF1: 'pixel.macro.best.f1',
  bestThreshold: 'pixel.macro.best.threshold',
  oracleF1: 'pixel.macro.oracle.f1',
  protocolF1: 'protocols.macro.pixel.f1',
};

/** Per-image values of tampered images, from which every mean is taken. */
type Columns = Record<Exclude<MacroMetric, 'bestF1' | 'bestThreshold'>, Float64Array>;

/**
 * Means over tampered images as a function of how often each counts. All null for no weight at all.
 *
 * @param images evidence of tampered images whose ground truth has a positive pixel
 * @param threshold the mask threshold; with `sweep` and 0.5 it must be among `thresholds`
 */
export function macroStatistic(
  images: readonly PixelCounts[],
  thresholds: ThresholdSet,
  threshold: number,
  sweep: readonly number[],
): (weights: ArrayLike<number>) => Statistics<MacroMetric> {
  const columns = toColumns(images, thresholds, threshold);
  const sweepF1 = sweep.map((t) => {
    const index = thresholds.indexOf(t);
    return Float64Array.from(images, (image) => f1(confusionAt(image, index)));
  });
  return (weights) => {
    const best = sweepF1.reduce<{ f1: number | null; threshold: number | null }>(
      (sofar, values, index) => {
        const mean = weightedMean(values, weights);
        return mean !== null && (sofar.f1 === null || mean > sofar.f1)
          ? { f1: mean, threshold: sweep[index]! }
          : sofar;
      },
      { f1: null, threshold: null },
    );
    return {
      ...forEachPixelMetric((_metric, name) => weightedMean(columns[name], weights)),
      auc: weightedMean(columns.auc, weights),
      bestF1: best.f1,
      bestThreshold: best.threshold,
      oracleF1: weightedMean(columns.oracleF1, weights),
      protocolF1: weightedMean(columns.protocolF1, weights),
    };
  };
}

/** Mean of what is a number; NaN marks an image that has none. Null where nothing has weight. */
export function weightedMean(values: Float64Array, weights: ArrayLike<number>): number | null {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    sum += weights[i]! * value;
    total += weights[i]!;
  }
  return total === 0 ? null : sum / total;
}

function toColumns(images: readonly PixelCounts[], thresholds: ThresholdSet, threshold: number): Columns {
  const index = thresholds.indexOf(threshold);
  const protocolIndex = thresholds.indexOf(PROTOCOL_THRESHOLD);
  const column = (value: (image: PixelCounts) => number): Float64Array => Float64Array.from(images, value);
  return {
    ...forEachPixelMetric(({ of }) => column((image) => of(confusionAt(image, index)))),
    auc: column((image) => image.auc ?? Number.NaN),
    oracleF1: column((image) => image.oracleF1 ?? Number.NaN),
    protocolF1: column((image) => f1(confusionAt(image, protocolIndex))),
  };
}
