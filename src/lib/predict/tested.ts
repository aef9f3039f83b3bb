import { applyTemperature } from '../core/temperature.js';
import { wilsonInterval } from '../core/wilson.js';
import type { TestScores } from '../model/manifest.js';
import type { Tested } from './result.js';

/** Test photos count as having such a score where theirs lies within this … */
const NEAREST = 0.05;
/** … or, where those are few, within as much more as it takes … */
const STEP = 0.05;
/** … but what lies farther away than this says nothing about a score. */
const FARTHEST = 0.2;
/** Fewer photos than this tell no share. */
const FEWEST = 20;

/**
 * What a score is worth: how many of the test photos with such a score were manipulated.
 *
 * @param score - before any temperature, as the test scores are
 * @param temperature - what the scores that people see are made with
 * @param about - what the test photos are, in plain words
 * @returns undefined where too few photos had such a score
 */
export function testedLike(
  score: number,
  { data, tampered, authentic }: TestScores,
  temperature: number,
  about?: string,
): Tested | undefined {
  for (let reach = NEAREST; reach <= FARTHEST + STEP / 2; reach += STEP) {
    const [low, high] = [Math.max(0, score - reach), Math.min(1, score + reach)];
    const among = (scores: readonly number[]): number =>
      scores.filter((other) => other >= low && other <= high).length;
    const manipulated = among(tampered);
    const photos = manipulated + among(authentic);
    if (photos < FEWEST) continue;
    const seen = (value: number): number =>
      value <= 0 || value >= 1 ? value : applyTemperature(value, temperature);
    return {
      data,
      ...(about !== undefined && { about }),
      scores: { low: seen(low), high: seen(high) },
      photos,
      manipulated,
      ...wilsonInterval(manipulated / photos, photos),
      all: { photos: tampered.length + authentic.length, manipulated: tampered.length },
    };
  }
  return undefined;
}
