/** Step of the default sweep: t from 0.05 to 0.95. */
export const DEFAULT_SWEEP_STEP = 0.05;

/** Thresholds of a sweep: the multiples of `step` strictly between 0 and 1, without the noise of repeated addition. */
export function sweepThresholds(step: number = DEFAULT_SWEEP_STEP): number[] {
  const count = Math.ceil(1 / step - 1e-9) - 1;
  return Array.from({ length: count }, (_, index) => Number(((index + 1) * step).toPrecision(12)));
}

/** Different thresholds, ascending, with a table that finds a probability's place among them in about one step. */
export class ThresholdSet {
  readonly values: readonly number[];
  readonly #guide = new Uint16Array(GUIDE_CELLS + 1);

  constructor(thresholds: readonly number[]) {
    this.values = [...new Set(thresholds)].sort((a, b) => a - b);
    for (let cell = 0; cell <= GUIDE_CELLS; cell++) {
      this.#guide[cell] = this.values.filter((threshold) => threshold < cell / GUIDE_CELLS).length;
    }
  }

  /** How many thresholds t the probability exceeds: p > t, strict. */
  rank(probability: number): number {
    let rank = this.#guide[Math.floor(probability * GUIDE_CELLS)]!;
    while (rank < this.values.length && probability > this.values[rank]!) rank++;
    return rank;
  }

  indexOf(threshold: number): number {
    const index = this.values.indexOf(threshold);
    if (index === -1) throw new RangeError(`${threshold} is not among the thresholds that were counted`);
    return index;
  }
}

const GUIDE_CELLS = 1024;
