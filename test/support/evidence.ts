import type { Label } from '../../src/lib/core/label.js';
import type { ImageEvidence } from '../../src/lib/metrics/evidence.js';
import { countPixels, measurePixels } from '../../src/lib/metrics/measure-pixels.js';
import { coarsenHistogram, PixelHistogram } from '../../src/lib/metrics/pixel-histogram.js';
import { seededRandom } from '../../src/lib/metrics/random.js';
import { countedThresholds, type MetricSettings } from '../../src/lib/metrics/run-metrics.js';

const SIDE = 24;

/**
 * Images that a model of a given skill has seen: the upper half of a tampered image is tampered, and probabilities are
 * noise plus `skill` where the truth is.
 */
export function simulatedImages(
  count: number,
  { skill, seed, settings }: { skill: number; seed: number; settings: MetricSettings },
): ImageEvidence[] {
  const random = seededRandom(seed);
  const histogram = new PixelHistogram();
  const thresholds = countedThresholds(settings);
  return Array.from({ length: count }, (_, index) => {
    const label: Label = index % 2 === 0 ? 1 : 0;
    const grey = new Uint8Array(SIDE * SIDE).map((_, pixel) =>
      label && pixel < (SIDE * SIDE) / 2 ? 255 : 0,
    );
    const map = Float32Array.from(grey, (value) =>
      Math.min(1, random() * (1 - skill) + (value > 0 ? skill : 0)),
    );
    const score = Math.min(1, random() * (1 - skill) + label * skill);
    return {
      image: `${index}.jpg`,
      label,
      score,
      rawScore: score,
      standsOut: index % 5 < 2,
      pixel: measurePixels(map, grey, thresholds, histogram),
      objectformer: countPixels(map, grey, 0.5, (value) => value === 255),
      trufor: label === 1 ? { f1: random(), bestF1: 1 } : null,
    };
  });
}

/** The same as a run's folder keeps it: pixels in coarse bins. */
export function coarsened(images: readonly ImageEvidence[]): ImageEvidence[] {
  return images.map((image) => ({
    ...image,
    pixel: image.pixel && { ...image.pixel, histogram: coarsenHistogram(image.pixel.histogram) },
  }));
}
