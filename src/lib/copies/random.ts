/** Marsaglia's xorshift32: whole numbers of 32 bits only, so that every machine draws the same. */
export class Random {
  #state: number;

  /** @param seed - not 0 */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** 0 … 2^32 - 1. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + (this.next() % (high - low + 1));
  }
}
