import { applyTemperature, sigmoid } from '../core/temperature.js';
import type { OutputKind } from './manifest.js';

/** Turns logits into probabilities where they stand. */
export function sigmoidInPlace(values: Float32Array): void {
  for (let index = 0; index < values.length; index++) values[index] = sigmoid(values[index]!);
}

/** The detection score as a probability, after the temperature. */
export function scoreProbability(
  { kind, value }: { kind: OutputKind; value: number },
  { temperature }: { temperature: number },
): number {
  return kind === 'logit' ? sigmoid(value / temperature) : applyTemperature(value, temperature);
}

/** Whether all values are in 0 … 1, which NaN is not. */
export function areProbabilities(values: Float32Array): boolean {
  for (const value of values) if (!(value >= 0 && value <= 1)) return false;
  return true;
}
