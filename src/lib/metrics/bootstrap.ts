import { seededRandom } from './random.js';

export const RESAMPLES = 1000;

/** Share of resamples outside an interval, half on each side. */
const OUTSIDE = 0.05;

export interface Interval {
  low: number;
  high: number;
}

/** Numbers by name; null where the data cannot give one. */
export type Statistics<Name extends string> = Record<Name, number | null>;

interface BootstrapOptions {
  seed: number;
  resamples?: number;
}

/**
 * 95 % percentile intervals by bootstrap over images, see {@link bootstrapDraws}.
 *
 * @returns an interval for each number; null where a stratum has fewer than two images or no resample gave one
 */
export function bootstrapIntervals<Name extends string>(
  strata: readonly number[],
  statistic: (weights: Uint16Array) => Statistics<Name>,
  options: BootstrapOptions,
): Record<Name, Interval | null> {
  const counts = new Map<number, number>();
  for (const stratum of strata) counts.set(stratum, (counts.get(stratum) ?? 0) + 1);
  // Drawn from itself alone, an image would seem to be certain.
  const isKnown = counts.size > 0 && [...counts.values()].every((count) => count > 1);
  const intervals = [...bootstrapDraws(strata, statistic, options)].map(([name, values]) => [
    name,
    isKnown ? percentileInterval(values) : null,
  ]);
  return Object.fromEntries(intervals) as Record<Name, Interval | null>;
}

/**
 * What numbers become in resamples of the images, stratified: each resample draws as many images of every stratum as
 * there are, with replacement.
 *
 * @param strata the stratum of each image
 * @param statistic the numbers of a resample, from the weight (how often it was drawn) of each image
 * @returns for each number its values, of those resamples that gave one
 */
export function bootstrapDraws<Name extends string>(
  strata: readonly number[],
  statistic: (weights: Uint16Array) => Statistics<Name>,
  { seed, resamples = RESAMPLES }: BootstrapOptions,
): Map<Name, number[]> {
  const members = [...new Set(strata)].map((stratum) =>
    [...strata.keys()].filter((index) => strata[index] === stratum),
  );
  const random = seededRandom(seed);
  const weights = new Uint16Array(strata.length).fill(1);
  const drawn = new Map<Name, number[]>();
  for (const name of Object.keys(statistic(weights)) as Name[]) drawn.set(name, []);
  for (let resample = 0; resample < resamples; resample++) {
    weights.fill(0);
    for (const indices of members) {
      for (let i = 0; i < indices.length; i++) weights[indices[Math.floor(random() * indices.length)]!]!++;
    }
    const values = statistic(weights);
    for (const [name, list] of drawn) {
      const value = values[name];
      if (value !== null) list.push(value);
    }
  }
  return drawn;
}

/** The 2.5th and 97.5th percentile, interpolated linearly between ranks; null for no values. */
export function percentileInterval(values: readonly number[]): Interval | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  return { low: quantile(sorted, OUTSIDE / 2), high: quantile(sorted, 1 - OUTSIDE / 2) };
}

/** A quantile of ascending values, interpolated linearly between ranks (numpy's default). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const fraction = position - below;
  const low = sorted[below]!;
  return fraction === 0 ? low : low + fraction * (sorted[below + 1]! - low);
}
