import { sigmoid } from '../core/temperature.js';
import type { FloatDifference } from '../model/manifest.js';
import type { Outputs } from './parity.js';

/** Pixels whose probability is larger are marked. */
const MASK_THRESHOLD = 0.5;

/**
 * How far the outputs of another precision are from float32's, for the same photos.
 *
 * @returns differences of probabilities; not a number where an output is not
 */
export function floatDifference(
  photos: number,
  { float32, other }: { float32: Outputs; other: Outputs },
): FloatDifference {
  let flipped = 0;
  float32.maps.forEach((probability, i) => {
    if (probability > MASK_THRESHOLD !== other.maps[i]! > MASK_THRESHOLD) flipped++;
  });
  return {
    photos,
    map: distance(float32.maps, other.maps),
    score: distance(float32.scores.map(sigmoid), other.scores.map(sigmoid)),
    flippedPixels: flipped / float32.maps.length,
  };
}

function distance(first: Float32Array, second: Float32Array): { max: number; mean: number } {
  let max = 0;
  let sum = 0;
  for (const [index, value] of first.entries()) {
    const difference = Math.abs(value - second[index]!);
    // Unlike `>`, it lets what is not a number through.
    max = Math.max(max, difference);
    sum += difference;
  }
  return { max, mean: sum / first.length };
}
