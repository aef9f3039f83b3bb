import type { MetricPath } from '../metrics/definitions.js';

/** The metrics that stand large at the top of a report. */
export const HEADLINE_METRICS: readonly MetricPath[] = [
  'image.auc',
  'image.f1',
  'pixel.macro.iou',
  'pixel.falseAlarmArea',
];

/** Metrics that a reader sees at once, first what everybody asks for; all others are folded away. */
export const KEY_METRICS: readonly MetricPath[] = [
  'image.accuracy',
  'image.f1',
  'image.auc',
  'image.balancedAccuracy',
  'image.suspicious.authentic',
  'pixel.macro.f1',
  'pixel.macro.iou',
  'pixel.macro.auc',
  'pixel.micro.f1',
  'pixel.falseAlarmArea',
];

/** Numbers that stand beside the headline where categories are held side by side. */
export const CATEGORY_METRICS: readonly MetricPath[] = [
  'image.auc',
  'image.recall',
  'pixel.macro.f1',
  'pixel.macro.iou',
  'pixel.falseAlarmArea',
];
