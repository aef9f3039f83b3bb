import { percentileInterval, RESAMPLES, type Interval, type Statistics } from './bootstrap.js';
import { accuracy, addConfusion, f1, iou, mcc, precision, recall, type Confusion } from './confusion.js';
import { COARSE_SHIFT, PROBABILITY_BINS } from './probability-bins.js';
import { decodeHistogram, type SparseHistogram } from './pixel-histogram.js';
import { hashText, poissonOne, seededRandom } from './random.js';
import { averagePrecision, rocAuc, type Ranking } from './ranking.js';

export const MICRO_METRICS = [
  'f1',
  'iou',
  'precision',
  'recall',
  'mcc',
  'accuracy',
  'auc',
  'averagePrecision',
] as const;
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
    for (let i = 0; i < bins.length;) {
      const coarseBin = bins[i]! >> COARSE_SHIFT;
      let positive = 0;
      let negative = 0;
      for (; i < bins.length && bins[i]! >> COARSE_SHIFT === coarseBin; i++) {
        this.ranking.positives[bins[i]!]! += positives[i]!;
        this.ranking.negatives[bins[i]!]! += negatives[i]!;
        this.ranking.spread[bins[i]!]! |= spread[i]!;
        positive += positives[i]!;
        negative += negatives[i]!;
      }
      if (positive > 0) addWeighted(this.#rowOf('positives', coarseBin), weights, positive);
      if (negative > 0) addWeighted(this.#rowOf('negatives', coarseBin), weights, negative);
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
    f1: both ? f1(counts) : null,
    iou: both ? iou(counts) : null,
    precision: both ? precision(counts) : null,
    recall: both ? recall(counts) : null,
    mcc: both ? mcc(counts) : null,
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
