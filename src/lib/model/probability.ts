import type { OutputKind } from './manifest.js';

/** 1 / (1 + e^-x), without overflow for any x. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** Turns logits into probabilities where they stand. */
export function sigmoidInPlace(values: Float32Array): void {
  for (let index = 0; index < values.length; index++) values[index] = sigmoid(values[index]!);
}

/**
 * The detection score as a probability: sigmoid(logit / temperature) (Guo et al., "On Calibration of Modern Neural
 * Networks", 2017). At temperature 1 a probability stays as it is, to the last digit.
 */
export function scoreProbability(
  { kind, value }: { kind: OutputKind; value: number },
  { temperature }: { temperature: number },
): number {
  if (kind === 'logit') return sigmoid(value / temperature);
  if (temperature === 1) return value;
  return sigmoid(Math.log(value / (1 - value)) / temperature);
}
