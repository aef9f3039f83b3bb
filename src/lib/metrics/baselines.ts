import { f1, iou, ratio } from './confusion.js';
import type { MetricPath } from './definitions.js';
import { AUTHENTIC, TAMPERED, type Label } from '../core/label.js';

/** What a metric is for somebody who does not look at the images. */
export interface TrivialBaseline {
  path: MetricPath;
  /** Marks everything, marks nothing, always says the commoner class, or guesses. */
  answer: 'all' | 'none' | 'largest-class' | 'chance';
  value: number;
}

/** What a baseline needs of an image. */
export interface BaselineImage {
  label: Label;
  /** Pixels, and how many of them are tampered; null without ground truth. */
  pixels: number | null;
  positives: number | null;
}

/**
 * The trivial baselines of the numbers that people quote: a number that is no better tells nothing.
 *
 * @returns none where the images cannot give one
 */
export function trivialBaselines(images: readonly BaselineImage[]): TrivialBaseline[] {
  const baselines: TrivialBaseline[] = [];
  const add = (path: MetricPath, answer: TrivialBaseline['answer'], value: number): void => {
    baselines.push({ path, answer, value });
  };
  const tampered = images.filter(({ label }) => label === TAMPERED).length;
  const authentic = images.length - tampered;
  if (images.length > 0)
    add('image.accuracy', 'largest-class', Math.max(tampered, authentic) / images.length);
  if (tampered > 0 && authentic > 0) {
    add('image.f1', 'all', ratio(2 * tampered, 2 * tampered + authentic));
    add('image.auc', 'chance', 0.5);
    add('image.averagePrecision', 'chance', tampered / images.length);
    add('image.balancedAccuracy', 'all', 0.5);
  }
  const marked = images.flatMap(({ label, pixels, positives }) =>
    pixels === null || positives === null
      ? []
      : [{ label, tp: positives, fp: pixels - positives, fn: 0, tn: 0 }],
  );
  const forged = marked.filter(({ label }) => label === TAMPERED);
  if (forged.length > 0) {
    const mean = (value: (counts: (typeof forged)[number]) => number): number =>
      forged.reduce((sum, counts) => sum + value(counts), 0) / forged.length;
    for (const path of ['protocols.macro.pixel.f1', 'protocols.trufor.pixel.f1', 'pixel.macro.f1'] as const) {
      add(path, 'all', mean(f1));
      if (path !== 'protocols.trufor.pixel.f1') add(path, 'none', 0);
    }
    add('pixel.macro.iou', 'all', mean(iou));
    add('pixel.macro.iou', 'none', 0);
    const tp = marked.reduce((sum, counts) => sum + counts.tp, 0);
    const fp = marked.reduce((sum, counts) => sum + counts.fp, 0);
    for (const path of ['protocols.objectformer.pixel.f1', 'pixel.micro.f1'] as const) {
      add(path, 'all', ratio(2 * tp, 2 * tp + fp));
      add(path, 'none', 0);
    }
    add('pixel.micro.accuracy', 'none', ratio(fp, tp + fp));
  }
  if (marked.some(({ label }) => label === AUTHENTIC)) {
    add('pixel.falseAlarmArea', 'all', 1);
    add('pixel.falseAlarmArea', 'none', 0);
  }
  return baselines;
}
