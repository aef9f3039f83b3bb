import { applyTemperature, logit, sigmoid } from '../core/temperature.js';
import type { OutputScale } from './manifest.js';

/** Turns logits into probabilities where they stand. */
export function sigmoidInPlace(values: Float32Array): void {
  for (let index = 0; index < values.length; index++) values[index] = sigmoid(values[index]!);
}

/** What is said of an image as a whole, before or after the sigmoid. */
export interface ScoreOutput {
  kind: OutputScale;
  value: number;
}

/**
 * A detection score as a probability, after the temperature.
 *
 * @param temperature - 1 leaves it as it is
 */
export function scoreProbability({ kind, value }: ScoreOutput, temperature = 1): number {
  return kind === 'logit' ? sigmoid(value / temperature) : applyTemperature(value, temperature);
}

/** A detection score as log-odds. */
export function scoreLogit({ kind, value }: ScoreOutput): number {
  return kind === 'logit' ? value : logit(value);
}
