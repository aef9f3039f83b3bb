import { AUTHENTIC, TAMPERED } from '../core/label.js';
import { bootstrapDraws, percentileInterval } from './bootstrap.js';
import { METRIC_DEFINITIONS, type MetricPath } from './definitions.js';
import type { ImageEvidence } from './evidence.js';
import type { MetricSettings } from './run-metrics.js';
import { ESTIMATED_PATHS, runStatistic } from './run-statistic.js';
import type { ThresholdSet } from './thresholds.js';

/** One side of a comparison: images in the same order on both sides. */
export interface ComparedRun {
  /** Pixels as histograms in the coarse bins. */
  images: readonly ImageEvidence[];
  /** Those at which the images' exact counts were taken. */
  thresholds: ThresholdSet;
  settings: Omit<MetricSettings, 'seed'>;
  /** Numbers that are known more exactly than the coarse bins tell, where the images are all those of the run. */
  exact?: Partial<Record<MetricPath, number | null>>;
}

/**
 * What a difference tells: `better` and `worse` where its interval excludes 0, `unclear` where it does not, `few` where it
 * rests on fewer than {@link FEWEST_IMAGES}, `equal` where the runs agree in every resample, `none` where neither way is
 * better or there is no number.
 */
export const DIFFERENCE_VERDICTS = ['better', 'worse', 'unclear', 'few', 'equal', 'none'] as const;
export type DifferenceVerdict = (typeof DIFFERENCE_VERDICTS)[number];

/** Resamples of fewer images repeat each other: their interval is too narrow to tell a difference from chance. */
export const FEWEST_IMAGES = 20;

/** A number of two runs, the first being the baseline. */
export interface Difference {
  first: number | null;
  second: number | null;
  /** second − first */
  difference: number | null;
  low: number | null;
  high: number | null;
  /** Share of resamples in which the second run is better, ties counting half; null where no way is better. */
  chanceBetter: number | null;
  /** Images that the difference rests on: of the class that the number is about, or of the rarer one. */
  images: number;
  verdict: DifferenceVerdict;
}

/**
 * Paired differences of all numbers of two runs over the same images, with 95 % percentile intervals: each resample
 * draws images (stratified by label) and takes both runs' numbers on the very same draw, so that what makes an image hard
 * for both drops out.
 */
export function compareRuns(
  first: ComparedRun,
  second: ComparedRun,
  options: { seed: number; resamples?: number },
): Record<MetricPath, Difference> {
  const firstAt = runStatistic(first.images, first.thresholds, first.settings);
  const secondAt = runStatistic(second.images, second.thresholds, second.settings);
  const differenceAt = (weights: ArrayLike<number>): Record<MetricPath, number | null> => {
    const [a, b] = [firstAt(weights), secondAt(weights)];
    return byPath((path) => subtract(b[path] ?? null, a[path] ?? null));
  };
  const strata = first.images.map(({ label }) => label);
  const draws = bootstrapDraws(strata, differenceAt, options);
  const all = new Uint8Array(strata.length).fill(1);
  const [a, b] = [firstAt(all), secondAt(all)];
  return byPath((path) => {
    const [coarseFirst, coarseSecond] = [a[path] ?? null, b[path] ?? null];
    const values = {
      first: coarseFirst === null ? null : (first.exact?.[path] ?? coarseFirst),
      second: coarseSecond === null ? null : (second.exact?.[path] ?? coarseSecond),
    };
    const images = imagesBehind(path, first.images);
    const difference = subtract(values.second, values.first);
    if (difference === null) return { ...values, ...NO_DIFFERENCE, images };
    const shift = difference - (coarseSecond! - coarseFirst!);
    const drawn = draws.get(path)!.map((value) => value + shift);
    return { ...values, difference, images, ...describeDraws(path, images, strata.length < 2 ? [] : drawn) };
  });
}

const NO_DIFFERENCE = {
  difference: null,
  low: null,
  high: null,
  chanceBetter: null,
  verdict: 'none',
} as const;

/** How many images carry a number: a hundred authentic ones do not make two tampered ones tell more. */
function imagesBehind(path: MetricPath, images: readonly ImageEvidence[]): number {
  const counted = path.startsWith('image.') ? images : images.filter(({ pixel }) => pixel !== null);
  const tampered = counted.filter(({ label }) => label === TAMPERED).length;
  const authentic = counted.filter(({ label }) => label === AUTHENTIC).length;
  if (OF_AUTHENTIC.test(path)) return authentic;
  if (OF_TAMPERED.test(path)) return tampered;
  return Math.min(tampered || authentic, authentic || tampered);
}

const OF_AUTHENTIC = /^(image\.suspicious\.authentic|pixel\.falseAlarmArea)$/;
const OF_TAMPERED =
  /^(image\.recall$|image\.suspicious\.tampered$|pixel\.macro\.|protocols\.(macro|trufor)\.)/;

function describeDraws(
  path: MetricPath,
  images: number,
  drawn: readonly number[],
): Pick<Difference, 'low' | 'high' | 'chanceBetter' | 'verdict'> {
  const interval = percentileInterval(drawn);
  if (!interval) return { low: null, high: null, chanceBetter: null, verdict: 'none' };
  const { low, high } = interval;
  const { better } = METRIC_DEFINITIONS[path];
  if (better === 'none') return { low, high, chanceBetter: null, verdict: 'none' };
  const way = better === 'higher' ? 1 : -1;
  const chanceBetter = drawn.reduce((sum, value) => sum + (Math.sign(way * value) + 1) / 2, 0) / drawn.length;
  const clear = low > 0 || high < 0;
  const grows = low > 0 === way > 0;
  const told = clear ? (grows ? 'better' : 'worse') : 'unclear';
  const verdict = low === 0 && high === 0 ? 'equal' : images < FEWEST_IMAGES ? 'few' : told;
  return { low, high, chanceBetter, verdict };
}

function byPath<T>(valueOf: (path: MetricPath) => T): Record<MetricPath, T> {
  return Object.fromEntries(ESTIMATED_PATHS.map((path) => [path, valueOf(path)])) as Record<MetricPath, T>;
}

function subtract(minuend: number | null, subtrahend: number | null): number | null {
  return minuend === null || subtrahend === null ? null : minuend - subtrahend;
}
