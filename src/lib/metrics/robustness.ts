import { TAMPERED } from '../core/label.js';
import type { Statistics } from './bootstrap.js';
import { f1 } from './confusion.js';
import type { ImageEvidence } from './evidence.js';
import { imageStatistic } from './image-level.js';
import { weightedMean } from './macro.js';
import { confusionAt } from './measure-pixels.js';
import { countedThresholds } from './run-metrics.js';

/**
 * The two numbers of robustness curves, image AUC and macro pixel F1, as a function of how often each image counts.
 *
 * @param images evidence whose counts were taken at the mask threshold and the protocols' alone
 */
export function robustnessStatistic(
  images: readonly ImageEvidence[],
  { maskThreshold, scoreThreshold }: { maskThreshold: number; scoreThreshold: number },
): (weights: ArrayLike<number>) => Statistics<'imageAuc' | 'pixelMacroF1'> {
  const index = countedThresholds({ maskThreshold, sweep: [] }).indexOf(maskThreshold);
  const imageLevel = imageStatistic(images, scoreThreshold);
  const masks = Float64Array.from(images, ({ label, pixel }) =>
    label === TAMPERED && pixel ? f1(confusionAt(pixel, index)) : Number.NaN,
  );
  return (weights) => ({ imageAuc: imageLevel(weights).auc, pixelMacroF1: weightedMean(masks, weights) });
}
