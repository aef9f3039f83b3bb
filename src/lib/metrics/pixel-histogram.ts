import { PROBABILITY_BINS, probabilityBin } from './probability-bins.js';

/** One image's counts in those bins that hold any, ascending; small enough to keep in a journal. */
export interface SparseHistogram {
  bins: Uint32Array;
  negatives: Uint32Array;
  positives: Uint32Array;
  /** 1 where pixels of one bin differ in probability. */
  spread: Uint8Array;
}

/** Pixels of one image, counted by class and by bin of their probability. Made once, cleared for every image. */
export class PixelHistogram {
  readonly negatives = new Uint32Array(PROBABILITY_BINS);
  readonly positives = new Uint32Array(PROBABILITY_BINS);
  readonly spread = new Uint8Array(PROBABILITY_BINS);
  readonly #firstValue = new Float32Array(PROBABILITY_BINS);
  #lowest = PROBABILITY_BINS;
  #highest = -1;

  /** @param probability 0 … 1, a float32 */
  add(probability: number, isPositive: boolean): void {
    const bin = probabilityBin(probability);
    if (bin < this.#lowest) this.#lowest = bin;
    if (bin > this.#highest) this.#highest = bin;
    if (this.negatives[bin]! + this.positives[bin]! === 0) this.#firstValue[bin] = probability;
    else if (this.#firstValue[bin] !== probability) this.spread[bin] = 1;
    if (isPositive) this.positives[bin]!++;
    else this.negatives[bin]!++;
  }

  /** The part of the bins in use. */
  ranking(): Pick<SparseHistogram, 'negatives' | 'positives' | 'spread'> {
    const [from, to] = [this.#lowest, this.#highest + 1];
    return {
      negatives: this.negatives.subarray(from, to),
      positives: this.positives.subarray(from, to),
      spread: this.spread.subarray(from, to),
    };
  }

  toSparse(): SparseHistogram {
    const used: number[] = [];
    for (let bin = this.#lowest; bin <= this.#highest; bin++) {
      if (this.negatives[bin]! + this.positives[bin]! > 0) used.push(bin);
    }
    return {
      bins: Uint32Array.from(used),
      negatives: Uint32Array.from(used, (bin) => this.negatives[bin]!),
      positives: Uint32Array.from(used, (bin) => this.positives[bin]!),
      spread: Uint8Array.from(used, (bin) => this.spread[bin]!),
    };
  }

  clear(): void {
    for (const counts of Object.values(this.ranking())) counts.fill(0);
    this.#lowest = PROBABILITY_BINS;
    this.#highest = -1;
  }
}

/**
 * Writes a histogram as bytes: for each bin the distance to the last one with two bits (do positives follow, do values
 * differ), then the counts, all as LEB128. About two bytes a bin.
 */
export function encodeHistogram({ bins, negatives, positives, spread }: SparseHistogram): Uint8Array {
  const bytes: number[] = [];
  const write = (value: number): void => {
    let rest = value;
    while (rest >= 0x80) {
      bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    bytes.push(rest);
  };
  let last = 0;
  for (let i = 0; i < bins.length; i++) {
    write((bins[i]! - last) * 4 + spread[i]! * 2 + (positives[i]! > 0 ? 1 : 0));
    write(negatives[i]!);
    if (positives[i]! > 0) write(positives[i]!);
    last = bins[i]!;
  }
  return Uint8Array.from(bytes);
}

/** The inverse of {@link encodeHistogram}. */
export function decodeHistogram(bytes: Uint8Array): SparseHistogram {
  let at = 0;
  const read = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  };
  const bins: number[] = [];
  const negatives: number[] = [];
  const positives: number[] = [];
  const spread: number[] = [];
  let last = 0;
  while (at < bytes.length) {
    const head = read();
    last += Math.floor(head / 4);
    bins.push(last);
    negatives.push(read());
    positives.push(head % 2 === 1 ? read() : 0);
    spread.push((head >> 1) % 2);
  }
  return {
    bins: Uint32Array.from(bins),
    negatives: Uint32Array.from(negatives),
    positives: Uint32Array.from(positives),
    spread: Uint8Array.from(spread),
  };
}
