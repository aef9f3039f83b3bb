import type { MetricPath } from '../metrics/definitions.js';

/** Numbers that a reader sees at once; all others are folded away. */
export const KEY_METRICS: readonly MetricPath[] = [
  'pixel.macro.f1',
  'pixel.macro.iou',
  'pixel.micro.f1',
  'pixel.falseAlarmArea',
  'image.auc',
  'image.f1',
  'image.balancedAccuracy',
];
