import { f1, iou, mcc, precision, recall, type Confusion } from './confusion.js';

/** A number that the four counts of pixels at the mask threshold give. */
export interface PixelMetric {
  of: (counts: Confusion) => number;
  title: string;
  /** Smallest value; the largest is 1. */
  minimum: 0 | -1;
  /** What a column of `metrics.csv` holds. */
  column: string;
  /** What the mean over tampered images is. */
  macro: string;
  /** What the number over the pixels of all images is. */
  micro: string;
}

/**
 * Every metric that comes from the counts of pixels. A row here is `pixel.macro.NAME` and `pixel.micro.NAME` with their
 * intervals, a column of `metrics.csv` and a path of gates and comparisons.
 */
export const PIXEL_METRICS = {
  f1: {
    of: f1,
    title: 'F1',
    minimum: 0,
    column: 'Pixel F1 at the mask threshold; tampered images only, as the next ones',
    macro: 'Mean over tampered images of the F1 at the mask threshold.',
    micro: 'F1 of the counts of all pixels of all images, authentic ones included.',
  },
  iou: {
    of: iou,
    title: 'IoU',
    minimum: 0,
    column: 'Intersection over union',
    macro: 'Mean over tampered images of intersection over union at the mask threshold.',
    micro: 'Intersection over union of all pixels of all images.',
  },
  precision: {
    of: precision,
    title: 'Precision',
    minimum: 0,
    column: 'Pixel precision',
    macro: 'Mean over tampered images of the pixel precision.',
    micro: 'Pixel precision over all images.',
  },
  recall: {
    of: recall,
    title: 'Recall',
    minimum: 0,
    column: 'Pixel recall',
    macro: 'Mean over tampered images of the pixel recall.',
    micro: 'Pixel recall over all images.',
  },
  mcc: {
    of: mcc,
    title: 'MCC',
    minimum: -1,
    column: 'Matthews correlation of the pixels',
    macro: 'Mean over tampered images of the Matthews correlation, −1 to 1.',
    micro: 'Matthews correlation over all pixels of all images, −1 to 1.',
  },
} as const satisfies Record<string, PixelMetric>;

export type PixelMetricName = keyof typeof PIXEL_METRICS;

export const PIXEL_METRIC_NAMES = Object.keys(PIXEL_METRICS) as PixelMetricName[];

/** Something for each of the metrics, in their order. */
export function forEachPixelMetric<Value>(
  value: (metric: PixelMetric, name: PixelMetricName) => Value,
): Record<PixelMetricName, Value> {
  return Object.fromEntries(
    PIXEL_METRIC_NAMES.map((name) => [name, value(PIXEL_METRICS[name], name)]),
  ) as Record<PixelMetricName, Value>;
}
