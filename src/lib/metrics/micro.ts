import { percentileInterval, RESAMPLES, type Interval, type Statistics } from './bootstrap.js';
import { accuracy, addConfusion, f1, type Confusion } from './confusion.js';
import { COARSE_SHIFT, PROBABILITY_BINS } from './probability-bins.js';
import { decodeHistogram, type SparseHistogram } from './pixel-histogram.js';
import { forEachPixelMetric, PIXEL_METRIC_NAMES } from './pixel-metrics.js';
import { hashText, poissonOne, seededRandom } from './random.js';
import { averagePrecision, rocAuc, type Ranking } from './ranking.js';

export const MICRO_METRICS = [...PIXEL_METRIC_NAMES, 'accuracy', 'auc', 'averagePrecision'] as const;
export type MicroMetric = (typeof MICRO_METRICS)[number];

type Resampled<Name extends string> = Record<Name, { value: number | null; interval: Interval | null }>;

/** Bins of the histograms that resamples are made of. */
export const COARSE_BINS = PROBABILITY_BINS >> COARSE_SHIFT;
/** Coarse bins hold pixels whose order is lost. */
export const ALL_SPREAD = new Uint8Array(COARSE_BINS).fill(1);

/**
 * Numbers over the pixels of all images, in one pass and constant memory.
 *
 * Intervals come from a Poisson bootstrap: in resample r an image counts as often as a Poisson(1) number says that is drawn
 * from (seed, image's key, r), the streaming form of drawing images with replacement (Chamandy et al., "Estimating
 * uncertainty for massive data streams", 2012). Each resample keeps its own confusion counts, exact, and its own
 * histogram in the coarse bins, of which only those in use are held. An area's interval is shifted by what the coarse
 * bins change in the area itself, so that it belongs to the fine value.
 */
export class MicroAccumulator {
  readonly ranking = {
    positives: new Float64Array(PROBABILITY_BINS),
    negatives: new Float64Array(PROBABILITY_BINS),
    spread: new Uint8Array(PROBABILITY_BINS),
  } satisfies Ranking;

  #counts: Confusion = { tp: 0, fp: 0, fn: 0, tn: 0 };
  #protocolCounts: Confusion = { tp: 0, fp: 0, fn: 0, tn: 0 };
  readonly #resampled: ResampledCounts;
  readonly #resampledProtocol: ResampledCounts;
  /** Images whose pixels are not yet in the coarse bins of the resamples. */
  #waiting: WaitingImage[] = [];
  /** By coarse bin: for each resample the weighted number of pixels. */
  readonly #coarse: Record<'positives' | 'negatives', Map<number, Float64Array>> = {
    positives: new Map(),
    negatives: new Map(),
  };

  constructor(
    private readonly seed: number,
    private readonly resamples = RESAMPLES,
  ) {
    this.#resampled = new ResampledCounts(resamples);
    this.#resampledProtocol = new ResampledCounts(resamples);
  }

  /**
   * @param key what the image is known by in resamples, which decides its weights
   * @param counts confusion counts at the mask threshold
   * @param protocolCounts the same by the objectformer protocol
   * @param encodedHistogram see `encodeHistogram`
   */
  add(key: string, counts: Confusion, protocolCounts: Confusion, encodedHistogram: Uint8Array): void {
    const weights = this.#weightsOf(key);
    this.#counts = addConfusion(this.#counts, counts);
    this.#protocolCounts = addConfusion(this.#protocolCounts, protocolCounts);
    this.#resampled.add(weights, counts);
    this.#resampledProtocol.add(weights, protocolCounts);
    this.#addHistogram(decodeHistogram(encodedHistogram), weights);
  }

  results(): Resampled<MicroMetric> {
    this.#settle();
    const point = microStatistics(this.#counts, this.ranking);
    const coarsePoint = microStatistics(this.#counts, coarsen(this.ranking));
    const drawn = new Map(MICRO_METRICS.map((name) => [name, [] as number[]]));
    for (let resample = 0; resample < this.resamples; resample++) {
      const values = microStatistics(this.#resampled.at(resample), this.#coarseRanking(resample));
      for (const name of MICRO_METRICS) {
        const value = values[name];
        if (value !== null) drawn.get(name)!.push(value);
      }
    }
    const results = MICRO_METRICS.map((name) => {
      const interval = percentileInterval(drawn.get(name)!);
      const isArea = name === 'auc' || name === 'averagePrecision';
      if (!isArea || !interval) return [name, { value: point[name], interval }];
      const shift = (point[name] ?? 0) - (coarsePoint[name] ?? 0);
      return [name, { value: point[name], interval: shifted(interval, shift) }];
    });
    return Object.fromEntries(results) as Resampled<MicroMetric>;
  }

  /** F1 of the objectformer protocol. */
  protocolResult(): Resampled<'f1'>['f1'] {
    const value = bothClasses(this.#protocolCounts) ? f1(this.#protocolCounts) : null;
    const drawn: number[] = [];
    for (let resample = 0; resample < this.resamples; resample++) {
      const counts = this.#resampledProtocol.at(resample);
      if (bothClasses(counts)) drawn.push(f1(counts));
    }
    return { value, interval: percentileInterval(drawn) };
  }

  /** Confusion counts of all pixels at the mask threshold. */
  get counts(): Confusion {
    return this.#counts;
  }

  #weightsOf(key: string): Float64Array {
    // Accumulators of several categories are given the same image one after the other.
    const { seed, resamples } = this;
    if (lastDrawn?.key !== key || lastDrawn.seed !== seed || lastDrawn.weights.length !== resamples) {
      const random = seededRandom(hashText(key, seed));
      lastDrawn = { key, seed, weights: Float64Array.from({ length: resamples }, () => poissonOne(random)) };
    }
    return lastDrawn.weights;
  }

  #addHistogram({ bins, positives, negatives, spread }: SparseHistogram, weights: Float64Array): void {
    const coarse = {
      positives: new Float64Array(COARSE_BINS),
      negatives: new Float64Array(COARSE_BINS),
    };
    for (let i = 0; i < bins.length; i++) {
      const bin = bins[i]!;
      this.ranking.positives[bin]! += positives[i]!;
      this.ranking.negatives[bin]! += negatives[i]!;
      this.ranking.spread[bin]! |= spread[i]!;
      coarse.positives[bin >> COARSE_SHIFT]! += positives[i]!;
      coarse.negatives[bin >> COARSE_SHIFT]! += negatives[i]!;
    }
    this.#waiting.push({ weights, ...coarse });
    if (this.#waiting.length === TOGETHER) this.#settle();
  }

  /**
   * Pixels of several images go into the resamples together: the rows of all bins fill no cache, and each then passes through it once
   * instead of once an image. All are whole numbers, so the order changes no digit.
   */
  #settle(): void {
    const images = this.#waiting;
    this.#waiting = [];
    for (const side of ['positives', 'negatives'] as const) {
      for (let bin = 0; bin < COARSE_BINS; bin++) {
        const inBin = images.filter((image) => image[side][bin]! > 0);
        if (inBin.length === 0) continue;
        const row = this.#rowOf(side, bin);
        for (let at = 0; at < inBin.length; at += 4) {
          const [a, b, c, d] = [inBin[at]!, inBin[at + 1], inBin[at + 2], inBin[at + 3]];
          if (b && c && d) addFour(row, [a, b, c, d], side, bin);
          else for (const image of inBin.slice(at)) addWeighted(row, image.weights, image[side][bin]!);
        }
      }
    }
  }

  #rowOf(side: 'positives' | 'negatives', coarseBin: number): Float64Array {
    const rows = this.#coarse[side];
    let row = rows.get(coarseBin);
    if (!row) rows.set(coarseBin, (row = new Float64Array(this.resamples)));
    return row;
  }

  #coarseRanking(resample: number): Ranking {
    const ranking = {
      positives: new Float64Array(COARSE_BINS),
      negatives: new Float64Array(COARSE_BINS),
      spread: ALL_SPREAD,
    };
    for (const side of ['positives', 'negatives'] as const) {
      for (const [bin, row] of this.#coarse[side]) ranking[side][bin] = row[resample]!;
    }
    return ranking;
  }
}

/** How many images go into the resamples together. */
const TOGETHER = 16;

/** An image's weight in each resample, and its pixels by coarse bin. */
interface WaitingImage {
  weights: Float64Array;
  positives: Float64Array;
  negatives: Float64Array;
}

/** What was drawn last, by whichever accumulator. */
let lastDrawn: { key: string; seed: number; weights: Float64Array } | undefined;

/** Confusion counts of every resample. */
class ResampledCounts {
  readonly #counts: Record<keyof Confusion, Float64Array>;

  constructor(resamples: number) {
    const zeros = (): Float64Array => new Float64Array(resamples);
    this.#counts = { tp: zeros(), fp: zeros(), fn: zeros(), tn: zeros() };
  }

  add(weights: Float64Array, counts: Confusion): void {
    for (const key of ['tp', 'fp', 'fn', 'tn'] as const) addWeighted(this.#counts[key], weights, counts[key]);
  }

  at(resample: number): Confusion {
    const { tp, fp, fn, tn } = this.#counts;
    return { tp: tp[resample]!, fp: fp[resample]!, fn: fn[resample]!, tn: tn[resample]! };
  }
}

/** Numbers over pixels from their counts at the mask threshold and their ranking. */
export function microStatistics(counts: Confusion, ranking: Ranking): Statistics<MicroMetric> {
  const both = bothClasses(counts);
  const any = counts.tp + counts.fp + counts.fn + counts.tn > 0;
  return {
    ...forEachPixelMetric(({ of }) => (both ? of(counts) : null)),
    accuracy: any ? accuracy(counts) : null,
    auc: rocAuc(ranking),
    averagePrecision: averagePrecision(ranking),
  };
}

export function bothClasses({ tp, fp, fn, tn }: Confusion): boolean {
  return tp + fn > 0 && fp + tn > 0;
}

/** Four at a time, which is twice as fast: most of the time of a measurement goes here. */
function addWeighted(row: Float64Array, weights: Float64Array, count: number): void {
  const length = row.length;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    row[i]! += weights[i]! * count;
    row[i + 1]! += weights[i + 1]! * count;
    row[i + 2]! += weights[i + 2]! * count;
    row[i + 3]! += weights[i + 3]! * count;
  }
  for (; i < length; i++) row[i]! += weights[i]! * count;
}

/** The same of four images, for which a row is read and written once. */
function addFour(
  row: Float64Array,
  [a, b, c, d]: readonly [WaitingImage, WaitingImage, WaitingImage, WaitingImage],
  side: 'positives' | 'negatives',
  bin: number,
): void {
  const [wa, wb, wc, wd] = [a.weights, b.weights, c.weights, d.weights];
  const [na, nb, nc, nd] = [a[side][bin]!, b[side][bin]!, c[side][bin]!, d[side][bin]!];
  for (let i = 0; i < row.length; i++) row[i]! += wa[i]! * na + wb[i]! * nb + wc[i]! * nc + wd[i]! * nd;
}

function coarsen({ positives, negatives }: Ranking): Ranking {
  const sum = (fine: ArrayLike<number>): Float64Array => {
    const coarse = new Float64Array(COARSE_BINS);
    for (let bin = 0; bin < fine.length; bin++) coarse[bin >> COARSE_SHIFT]! += fine[bin]!;
    return coarse;
  };
  return { positives: sum(positives), negatives: sum(negatives), spread: ALL_SPREAD };
}

function shifted({ low, high }: Interval, by: number): Interval {
  return { low: Math.max(0, low + by), high: Math.min(1, high + by) };
}
