import { AUTHENTIC, TAMPERED, type Label } from '../core/label.js';
import { isManipulated } from '../core/verdict.js';
import { bootstrapIntervals, type Interval } from './bootstrap.js';
import { addConfusion, balancedAccuracy, f1, iou, precision, recall, type Confusion } from './confusion.js';
import { precisionRecallCurve, rocCurve, type CurvePoint } from './curves.js';
import { METRIC_PATHS, type MetricPath } from './definitions.js';
import type { ImageEvidence, PixelGap } from './evidence.js';
import {
  confusionOf,
  imageMetricPath,
  imageStatistic,
  reliability,
  suspiciousShare,
  type ReliabilityBin,
  type ScoredImage,
} from './image-level.js';
import { MACRO_PATHS, macroStatistic, PROTOCOL_THRESHOLD, weightedMean, type MacroMetric } from './macro.js';
import { confusionAt, type PixelCounts } from './measure-pixels.js';
import { MicroAccumulator, MICRO_METRICS } from './micro.js';
import { operatingPoints, type OperatingPoint } from './operating-points.js';
import { byKey } from './random.js';
import { rankScores } from './ranking.js';
import type { SweepRow } from './sweep-row.js';
import { ThresholdSet } from './thresholds.js';
import type { TruforEvidence } from './trufor.js';

/** A number with its 95 % interval and the images it rests on. */
export interface Estimate {
  value: number | null;
  low: number | null;
  high: number | null;
  /** Images that the number rests on. */
  n: number;
  /** Why there is no value. */
  reason?: string;
}

export interface MetricSettings {
  /** An image is predicted tampered where its score is above. */
  scoreThreshold: number;
  /** A pixel is predicted tampered where its probability is above. */
  maskThreshold: number;
  /** Thresholds of the sweep, ascending. */
  sweep: readonly number[];
  /** Seed of all resamples. */
  seed: number;
}

export interface RunMetrics {
  metrics: Record<MetricPath, Estimate>;
  sweep: SweepRow[];
  confusion: { image: Confusion; pixel: Confusion };
  curves: Record<'imageRoc' | 'imagePrecisionRecall' | 'pixelRoc' | 'pixelPrecisionRecall', CurvePoint[]>;
  reliability: ReliabilityBin[];
  operatingPoints: OperatingPoint[];
  /** Mean share of called pixels on authentic images at each threshold of the sweep; null without such images. */
  falseAlarmAreas: (number | null)[];
}

interface KeptImage extends ScoredImage {
  image: string;
  key: string;
  standsOut: boolean | undefined;
  pixel: PixelCounts | null;
  pixelGap: PixelGap | undefined;
  trufor: TruforEvidence | null;
}

/** The thresholds at which exact counts must be taken for a run. */
export function countedThresholds(settings: Pick<MetricSettings, 'maskThreshold' | 'sweep'>): ThresholdSet {
  return new ThresholdSet([...settings.sweep, settings.maskThreshold, PROTOCOL_THRESHOLD]);
}

/**
 * All metrics of a run as a fold over its images. Pixels go into sums of fixed size; of an image there stay some dozens of
 * numbers. The result does not depend on the order of images.
 */
export class RunAccumulator {
  readonly #thresholds: ThresholdSet;
  #images: KeptImage[] = [];
  readonly #micro: MicroAccumulator;
  #failed = 0;

  constructor(private readonly settings: MetricSettings) {
    this.#thresholds = countedThresholds(settings);
    this.#micro = new MicroAccumulator(settings.seed);
  }

  /** @param key what the image is known by in resamples, see `resampleKey` */
  add(evidence: ImageEvidence, key: string = evidence.image): void {
    const { image, label, score, rawScore, standsOut, trufor, pixelGap } = evidence;
    let pixel: PixelCounts | null = null;
    if (evidence.pixel && evidence.objectformer) {
      const { histogram, ...counts } = evidence.pixel;
      pixel = counts;
      const maskIndex = this.#thresholds.indexOf(this.settings.maskThreshold);
      this.#micro.add(key, confusionAt(counts, maskIndex), evidence.objectformer, histogram);
    }
    this.#images.push({ image, key, label, score, rawScore, standsOut, pixel, pixelGap, trufor });
  }

  addFailed(): void {
    this.#failed++;
  }

  result(): RunMetrics {
    this.#images = byKey(this.#images, ({ key, image }) => `${key}\t${image}`);
    const images = this.#images;
    const ranked = rankScores(
      images.map(({ score }) => score),
      images.map(({ label }) => label === TAMPERED),
    );
    const { scoreThreshold } = this.settings;
    return {
      metrics: this.#estimates(),
      sweep: this.settings.sweep.map((threshold) => this.#sweepRow(threshold)),
      confusion: {
        image: confusionOf(images, ({ score }) => isManipulated(score, scoreThreshold)),
        pixel: this.#micro.counts,
      },
      curves: {
        imageRoc: rocCurve(ranked),
        imagePrecisionRecall: precisionRecallCurve(ranked),
        pixelRoc: rocCurve(this.#micro.ranking),
        pixelPrecisionRecall: precisionRecallCurve(this.#micro.ranking),
      },
      reliability: reliability(images),
      operatingPoints: operatingPoints(images),
      falseAlarmAreas: this.settings.sweep.map((threshold) => {
        const areas = this.#falseAlarms(threshold);
        return weightedMean(Float64Array.from(areas), ones(areas.length));
      }),
    };
  }

  #estimates(): Record<MetricPath, Estimate> {
    const estimates: Partial<Record<MetricPath, Estimate>> = {
      ...this.#imageEstimates(),
      'image.suspicious.authentic': this.#suspicious(AUTHENTIC, 'no authentic image'),
      'image.suspicious.tampered': this.#suspicious(TAMPERED, 'no tampered image'),
      ...this.#macroEstimates(),
      ...this.#microEstimates(),
      'pixel.falseAlarmArea': this.#falseAlarmArea(),
      ...this.#truforEstimates(),
      ...this.#counts(),
      // What is set rests on no image.
      'thresholds.score': exact(this.settings.scoreThreshold, 0),
      'thresholds.mask': exact(this.settings.maskThreshold, 0),
    };
    return Object.fromEntries(METRIC_PATHS.map((path) => [path, estimates[path]!])) as Record<
      MetricPath,
      Estimate
    >;
  }

  #imageEstimates(): Partial<Record<MetricPath, Estimate>> {
    const images = this.#images;
    const statistic = imageStatistic(images, this.settings.scoreThreshold);
    const point = statistic(ones(images.length));
    const strata = images.map(({ label }) => label);
    const intervals = bootstrapIntervals(strata, statistic, this.settings);
    const tampered = strata.filter((label) => label === TAMPERED).length;
    const called = images.filter(({ score }) => isManipulated(score, this.settings.scoreThreshold)).length;
    const reason = missingClass(tampered, images.length - tampered, 'image');
    const names = Object.keys(point) as (keyof typeof point)[];
    return Object.fromEntries(
      names.map((name) => {
        const n = { recall: tampered, precision: called }[name as string] ?? images.length;
        return [imageMetricPath(name), estimate(point[name], intervals[name], n, reason)];
      }),
    );
  }

  /** Share of a class's images with the verdict "suspicious". */
  #suspicious(of: Label, reason: string): Estimate {
    const { scoreThreshold } = this.settings;
    const images = this.#images.filter(({ label }) => label === of);
    const shares = images.flatMap((image) => suspiciousShare(image, scoreThreshold) ?? []);
    return shares.length < images.length
      ? estimate(null, null, 0, 'regions that stand out were not recorded')
      : this.#mean(shares, reason);
  }

  #macroEstimates(): Partial<Record<MetricPath, Estimate>> {
    const images = this.#tamperedPixels();
    const { maskThreshold, sweep } = this.settings;
    const statistic = macroStatistic(images, this.#thresholds, maskThreshold, sweep);
    const point = statistic(ones(images.length));
    const intervals = bootstrapIntervals(
      images.map(() => TAMPERED),
      statistic,
      this.settings,
    );
    const withBothClasses = images.filter(({ auc }) => auc !== null).length;
    return Object.fromEntries(
      (Object.keys(MACRO_PATHS) as MacroMetric[]).map((name) => {
        const n = name === 'auc' ? withBothClasses : images.length;
        return [MACRO_PATHS[name], estimate(point[name], intervals[name], n, this.#whyNoTamperedPixels())];
      }),
    );
  }

  #microEstimates(): Partial<Record<MetricPath, Estimate>> {
    const images = this.#images.filter(({ pixel }) => pixel !== null);
    const { tp, fp, fn, tn } = this.#micro.counts;
    const reason =
      images.length === 0 ? this.#whyNoTamperedPixels() : missingClass(tp + fn, fp + tn, 'pixel');
    const results = this.#micro.results();
    const one = ({ value, interval }: { value: number | null; interval: Interval | null }): Estimate =>
      estimate(value, images.length < 2 ? null : interval, images.length, reason);
    return {
      ...Object.fromEntries(MICRO_METRICS.map((name) => [`pixel.micro.${name}`, one(results[name])])),
      'protocols.objectformer.pixel.f1': one(this.#micro.protocolResult()),
    };
  }

  #falseAlarmArea(): Estimate {
    return this.#mean(this.#falseAlarms(this.settings.maskThreshold), 'no authentic image');
  }

  /** Share of called pixels of each authentic image. */
  #falseAlarms(threshold: number): number[] {
    const index = this.#thresholds.indexOf(threshold);
    return this.#images.flatMap(({ label, pixel }) =>
      label === AUTHENTIC && pixel ? [pixel.fp[index]! / pixel.pixels] : [],
    );
  }

  #truforEstimates(): Partial<Record<MetricPath, Estimate>> {
    const evidence = this.#images.flatMap(({ trufor }) => trufor ?? []);
    const reason =
      this.#tamperedPixels().length > 0
        ? 'no image has counted pixels of both classes'
        : this.#whyNoTamperedPixels();
    return {
      'protocols.trufor.pixel.f1': this.#mean(
        evidence.flatMap(({ f1 }) => f1 ?? []),
        reason,
      ),
      'protocols.trufor.pixel.best.f1': this.#mean(
        evidence.map(({ bestF1 }) => bestF1),
        reason,
      ),
    };
  }

  #counts(): Partial<Record<MetricPath, Estimate>> {
    const images = this.#images;
    const all = images.length + this.#failed;
    const count = (isCounted: (image: KeptImage) => boolean): Estimate =>
      exact(images.filter(isCounted).length, all);
    return {
      'counts.tampered': count(({ label }) => label === TAMPERED),
      'counts.authentic': count(({ label }) => label === AUTHENTIC),
      'counts.emptyTruth': count(({ pixelGap }) => pixelGap === 'empty-truth'),
      'counts.withoutTruth': count(({ pixelGap }) => pixelGap === 'no-truth'),
      'counts.failed': exact(this.#failed, all),
      'counts.truforLeftOut': count(
        ({ label, pixel, trufor }) => label === TAMPERED && pixel !== null && (trufor?.f1 ?? null) === null,
      ),
    };
  }

  #sweepRow(threshold: number): SweepRow {
    const index = this.#thresholds.indexOf(threshold);
    const measured = this.#images.flatMap(({ pixel }) => pixel ?? []);
    const tampered = this.#tamperedPixels().map((pixel) => confusionAt(pixel, index));
    const micro = measured
      .map((pixel) => confusionAt(pixel, index))
      .reduce(addConfusion, { tp: 0, fp: 0, fn: 0, tn: 0 });
    const image = confusionOf(this.#images, ({ score }) => isManipulated(score, threshold));
    const macroMean = (value: (counts: Confusion) => number): number | null =>
      weightedMean(Float64Array.from(tampered, value), ones(tampered.length));
    const ifBoth = (counts: Confusion, value: (counts: Confusion) => number): number | null =>
      counts.tp + counts.fn > 0 && counts.fp + counts.tn > 0 ? value(counts) : null;
    return {
      threshold,
      pixelMacroF1: macroMean(f1),
      pixelMacroIou: macroMean(iou),
      pixelMacroPrecision: macroMean(precision),
      pixelMacroRecall: macroMean(recall),
      pixelMicroF1: ifBoth(micro, f1),
      pixelMicroIou: ifBoth(micro, iou),
      pixelMicroPrecision: ifBoth(micro, precision),
      pixelMicroRecall: ifBoth(micro, recall),
      imageF1: ifBoth(image, f1),
      imageBalancedAccuracy: ifBoth(image, balancedAccuracy),
      imageTpr: image.tp + image.fn > 0 ? image.tp / (image.tp + image.fn) : null,
      imageFpr: image.fp + image.tn > 0 ? image.fp / (image.fp + image.tn) : null,
    };
  }

  #tamperedPixels(): PixelCounts[] {
    return this.#images.flatMap(({ label, pixel }) => (label === TAMPERED && pixel ? [pixel] : []));
  }

  #whyNoTamperedPixels(): string {
    return this.#images.some(({ label }) => label === TAMPERED)
      ? 'no tampered image with a ground truth that marks a pixel'
      : 'no tampered image';
  }

  #mean(values: readonly number[], reason: string): Estimate {
    const column = Float64Array.from(values);
    const statistic = (weights: ArrayLike<number>): { mean: number | null } => ({
      mean: weightedMean(column, weights),
    });
    const strata = values.map(() => 0);
    const { mean } = bootstrapIntervals(strata, statistic, this.settings);
    return estimate(statistic(ones(values.length)).mean, mean, values.length, reason);
  }
}

export function estimate(
  value: number | null,
  interval: Interval | null,
  n: number,
  reason: string,
): Estimate {
  if (value === null) return { value, low: null, high: null, n, reason };
  return { value, low: interval?.low ?? null, high: interval?.high ?? null, n };
}

/** A number that is counted or set, not estimated. */
function exact(value: number, n: number): Estimate {
  return { value, low: null, high: null, n };
}

export function missingClass(tampered: number, authentic: number, what: 'image' | 'pixel'): string {
  if (tampered + authentic === 0) return `no ${what}`;
  return tampered === 0 ? `no tampered ${what}` : `no authentic ${what}`;
}

function ones(length: number): Uint8Array {
  return new Uint8Array(length).fill(1);
}
