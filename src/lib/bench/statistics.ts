import { percentileInterval, quantile } from '../metrics/bootstrap.js';
import { seededRandom } from '../metrics/random.js';
import type { Summary } from './result.js';

/** Resamples of every bootstrap here, and the seed that makes its intervals repeatable. */
const RESAMPLES = 1000;
const SEED = 1;

/**
 * Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993): a value whose modified z-score is beyond 3.5 is an
 * outlier. 0.6745 is the 0.75 quantile of the standard normal, which makes the median absolute deviation estimate its
 * standard deviation; where more than half of the values are equal that deviation is 0, and the mean absolute deviation,
 * times 1.253314, stands in for it.
 */
const OUTLIER_SCORE = 3.5;
const NORMAL_QUARTILE = 0.6745;
const MEAN_DEVIATION_FACTOR = 1.253314;

/**
 * What a list of measurements comes to, in their unit. Outliers are counted, not left out: they happened.
 *
 * @param values - at least one
 */
export function distribution(values: readonly number[]): Summary {
  const sorted = Float64Array.from(values).sort();
  const mean = average(values);
  const interval = bootstrap([values], ([resample]) => average(resample!));
  return {
    runs: values.length,
    mean,
    meanLow: interval.low,
    meanHigh: interval.high,
    stddev: standardDeviation(values, mean),
    min: sorted[0]!,
    p50: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    p95: quantile(sorted, 0.95),
    p99: quantile(sorted, 0.99),
    max: sorted.at(-1)!,
    outliers: modifiedZScores(values).filter((score) => Math.abs(score) > OUTLIER_SCORE).length,
  };
}

export function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}

/** Distance of each value from the median, in robust standard deviations; 0 where all values are equal. */
export function modifiedZScores(values: readonly number[]): number[] {
  const centre = median(values);
  const deviations = values.map((value) => Math.abs(value - centre));
  const medianDeviation = median(deviations);
  const scale =
    medianDeviation > 0 ? medianDeviation / NORMAL_QUARTILE : MEAN_DEVIATION_FACTOR * average(deviations);
  return values.map((value) => (scale === 0 ? 0 : (value - centre) / scale));
}

/** A ratio with its 95 % interval. */
export interface RatioInterval {
  value: number;
  low: number;
  high: number;
}

/** Median of `values` over median of `reference`: two independent series, e.g. of two runs. */
export function ratioOfMedians(values: readonly number[], reference: readonly number[]): RatioInterval {
  const ratio = ([a, b]: readonly (readonly number[])[]): number => median(a!) / median(b!);
  return { value: ratio([values, reference]), ...bootstrap([values, reference], ratio) };
}

/**
 * The typical ratio of pairs that were measured next to each other in time: what slows both down drops out. The median of
 * the logarithms, so that a over b and b over a are each other's inverse.
 */
export function ratioOfPairs(pairs: readonly { value: number; reference: number }[]): RatioInterval {
  const logarithms = pairs.map(({ value, reference }) => Math.log(value / reference));
  const { low, high } = bootstrap([logarithms], ([resample]) => median(resample!));
  return { value: Math.exp(median(logarithms)), low: Math.exp(low), high: Math.exp(high) };
}

/**
 * Theil–Sen estimator of a line's slope (Sen 1968): the median of the slopes between all pairs of points, which a few wild
 * points cannot move.
 */
export function slope(points: readonly { x: number; y: number }[]): number {
  const slopes: number[] = [];
  for (const [index, a] of points.entries()) {
    for (const b of points.slice(index + 1)) if (b.x !== a.x) slopes.push((b.y - a.y) / (b.x - a.x));
  }
  return slopes.length === 0 ? 0 : median(slopes);
}

/** 95 % percentile interval of a statistic over resamples of each series, drawn independently. */
function bootstrap(
  series: readonly (readonly number[])[],
  statistic: (resamples: readonly (readonly number[])[]) => number,
): { low: number; high: number } {
  const random = seededRandom(SEED);
  const drawn = Array.from({ length: RESAMPLES }, () =>
    statistic(series.map((values) => values.map(() => values[Math.floor(random() * values.length)]!))),
  );
  return percentileInterval(drawn)!;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** With Bessel's correction; 0 for a single value. */
function standardDeviation(values: readonly number[], mean: number): number {
  if (values.length < 2) return 0;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
