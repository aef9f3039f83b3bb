import { COARSE_SHIFT, PROBABILITY_BINS, probabilityBin } from './probability-bins.js';

/** Counts in those bins that hold any, ascending: a ranking of one image's pixels, and small enough for a journal. */
export interface SparseHistogram {
  bins: Uint32Array;
  negatives: Uint32Array;
  positives: Uint32Array;
  /** 1 where pixels of one bin differ in probability. */
  spread: Uint8Array;
}

/** Bins are read and cleared by blocks of this many, and only those blocks that were touched. */
const BLOCK_BITS = 8;
const BLOCK = 1 << BLOCK_BITS;

/** Pixels of one image, counted by class and by bin of their probability. Made once, cleared for every image. */
export class PixelHistogram {
  readonly #negatives = new Uint32Array(PROBABILITY_BINS);
  readonly #positives = new Uint32Array(PROBABILITY_BINS);
  readonly #spread = new Uint8Array(PROBABILITY_BINS);
  readonly #firstValue = new Float32Array(PROBABILITY_BINS);
  readonly #touchedBlocks = new Uint8Array(PROBABILITY_BINS >> BLOCK_BITS);
  #usedBins = 0;

  /** @param probability 0 … 1, a float32 */
  add(probability: number, isPositive: boolean): void {
    const bin = probabilityBin(probability);
    if (this.#negatives[bin]! + this.#positives[bin]! === 0) {
      this.#touchedBlocks[bin >> BLOCK_BITS] = 1;
      this.#usedBins++;
      this.#firstValue[bin] = probability;
    } else if (this.#firstValue[bin] !== probability) {
      this.#spread[bin] = 1;
    }
    if (isPositive) this.#positives[bin]!++;
    else this.#negatives[bin]!++;
  }

  toSparse(): SparseHistogram {
    const sparse = {
      bins: new Uint32Array(this.#usedBins),
      negatives: new Uint32Array(this.#usedBins),
      positives: new Uint32Array(this.#usedBins),
      spread: new Uint8Array(this.#usedBins),
    };
    let entry = 0;
    for (let block = 0; block < this.#touchedBlocks.length; block++) {
      if (this.#touchedBlocks[block] === 0) continue;
      for (let bin = block << BLOCK_BITS; bin < (block + 1) << BLOCK_BITS; bin++) {
        if (this.#negatives[bin]! + this.#positives[bin]! === 0) continue;
        sparse.bins[entry] = bin;
        sparse.negatives[entry] = this.#negatives[bin]!;
        sparse.positives[entry] = this.#positives[bin]!;
        sparse.spread[entry] = this.#spread[bin]!;
        entry++;
      }
    }
    return sparse;
  }

  clear(): void {
    for (let block = 0; block < this.#touchedBlocks.length; block++) {
      if (this.#touchedBlocks[block] === 0) continue;
      const from = block << BLOCK_BITS;
      for (const counts of [this.#negatives, this.#positives, this.#spread])
        counts.fill(0, from, from + BLOCK);
    }
    this.#touchedBlocks.fill(0);
    this.#usedBins = 0;
  }
}

/** A number below 2^32 takes at most this many bytes. */
const LONGEST_NUMBER = 5;

/**
 * Writes a histogram as bytes: for each bin the distance to the last one with two bits (do positives follow, do values
 * differ), then the counts, all as LEB128. About two bytes a bin.
 */
export function encodeHistogram({ bins, negatives, positives, spread }: SparseHistogram): Uint8Array {
  const bytes = new Uint8Array(bins.length * 3 * LONGEST_NUMBER);
  let at = 0;
  const write = (value: number): void => {
    let rest = value;
    while (rest >= 0x80) {
      bytes[at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    bytes[at++] = rest;
  };
  let last = 0;
  for (let i = 0; i < bins.length; i++) {
    write((bins[i]! - last) * 4 + spread[i]! * 2 + (positives[i]! > 0 ? 1 : 0));
    write(negatives[i]!);
    if (positives[i]! > 0) write(positives[i]!);
    last = bins[i]!;
  }
  return bytes.slice(0, at);
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
  // An entry takes two bytes at least.
  const most = bytes.length >> 1;
  const bins = new Uint32Array(most);
  const negatives = new Uint32Array(most);
  const positives = new Uint32Array(most);
  const spread = new Uint8Array(most);
  let entries = 0;
  let last = 0;
  for (; at < bytes.length; entries++) {
    const head = read();
    last += Math.floor(head / 4);
    bins[entries] = last;
    negatives[entries] = read();
    positives[entries] = head % 2 === 1 ? read() : 0;
    spread[entries] = (head >> 1) % 2;
  }
  return {
    bins: bins.subarray(0, entries),
    negatives: negatives.subarray(0, entries),
    positives: positives.subarray(0, entries),
    spread: spread.subarray(0, entries),
  };
}

/** A histogram in the coarse bins that resamples use: some hundreds of bytes, in the same encoding. */
export function coarsenHistogram(encoded: Uint8Array): Uint8Array {
  const fine = decodeHistogram(encoded);
  const bins: number[] = [];
  const positives: number[] = [];
  const negatives: number[] = [];
  fine.bins.forEach((bin, index) => {
    const coarse = bin >> COARSE_SHIFT;
    if (bins.at(-1) !== coarse) {
      bins.push(coarse);
      positives.push(0);
      negatives.push(0);
    }
    positives[positives.length - 1]! += fine.positives[index]!;
    negatives[negatives.length - 1]! += fine.negatives[index]!;
  });
  return encodeHistogram({
    bins: Uint32Array.from(bins),
    positives: Uint32Array.from(positives),
    negatives: Uint32Array.from(negatives),
    spread: new Uint8Array(bins.length).fill(1),
  });
}
