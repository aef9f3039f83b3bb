/** Probabilities nearer to 0 and 1 are cut here before their logit is taken: a double knows no larger one than 36.7. */
const SATURATION = 2 ** -53;

/** 1 / (1 + e^-x), without overflow for any x. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** The inverse of {@link sigmoid}, -36.7 … 36.7. */
export function logit(probability: number): number {
  const p = Math.min(Math.max(probability, SATURATION), 1 - SATURATION);
  return Math.log(p / (1 - p));
}

/**
 * sigmoid(logit(p) / T), a probability whose confidence is scaled (Guo et al., "On Calibration of Modern Neural Networks",
 * 2017). At T = 1 it stays as it is, to the last digit.
 */
export function applyTemperature(probability: number, temperature: number): number {
  return temperature === 1 ? probability : sigmoid(logit(probability) / temperature);
}
