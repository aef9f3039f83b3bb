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

/** What is kept of a bin stands side by side, so that counting a pixel touches one place in memory instead of four. */
const FIELDS = 4;
const NEGATIVES = 0;
const POSITIVES = 1;
/** The bits of the first probability that fell into the bin. */
const FIRST = 2;
const SPREAD = 3;

/** Pixels of one image, counted by class and by bin of their probability. Made once, cleared for every image. */
export class PixelHistogram {
  readonly #cells = new Uint32Array(PROBABILITY_BINS * FIELDS);
  readonly #touchedBlocks = new Uint8Array(PROBABILITY_BINS >> BLOCK_BITS);
  #usedBins = 0;

  /**
   * @param probability 0 … 1
   * @param bits the same number as the bits of its float32
   */
  add(probability: number, bits: number, isPositive: boolean): void {
    const bin = probabilityBin(probability, bits);
    const cell = bin * FIELDS;
    if (this.#cells[cell + NEGATIVES]! + this.#cells[cell + POSITIVES]! === 0) {
      this.#touchedBlocks[bin >> BLOCK_BITS] = 1;
      this.#usedBins++;
      this.#cells[cell + FIRST] = bits;
    } else if (this.#cells[cell + FIRST] !== bits) {
      this.#cells[cell + SPREAD] = 1;
    }
    this.#cells[cell + (isPositive ? POSITIVES : NEGATIVES)]!++;
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
        const cell = bin * FIELDS;
        const negatives = this.#cells[cell + NEGATIVES]!;
        const positives = this.#cells[cell + POSITIVES]!;
        if (negatives + positives === 0) continue;
        sparse.bins[entry] = bin;
        sparse.negatives[entry] = negatives;
        sparse.positives[entry] = positives;
        sparse.spread[entry] = this.#cells[cell + SPREAD]!;
        entry++;
      }
    }
    return sparse;
  }

  clear(): void {
    for (let block = 0; block < this.#touchedBlocks.length; block++) {
      if (this.#touchedBlocks[block] === 0) continue;
      this.#cells.fill(0, (block << BLOCK_BITS) * FIELDS, ((block + 1) << BLOCK_BITS) * FIELDS);
    }
    this.#touchedBlocks.fill(0);
    this.#usedBins = 0;
  }
}

/** The bits of a map's float32 numbers, without a copy. */
export function bitsOf(map: Float32Array): Uint32Array {
  return new Uint32Array(map.buffer, map.byteOffset, map.length);
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

/** The inverse of {@link encodeHistogram}; not to be changed. */
export function decodeHistogram(bytes: Uint8Array): Readonly<SparseHistogram> {
  // Several numbers of one image are made of it, one after the other.
  if (lastDecoded?.bytes !== bytes) lastDecoded = { bytes, histogram: decode(bytes) };
  return lastDecoded.histogram;
}

/** Held by what it was made of: encoded histograms are not changed either. */
let lastDecoded: { bytes: Uint8Array; histogram: SparseHistogram } | undefined;

function decode(bytes: Uint8Array): SparseHistogram {
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
  const bins = new Uint32Array(fine.bins.length);
  const positives = new Uint32Array(fine.bins.length);
  const negatives = new Uint32Array(fine.bins.length);
  let entries = 0;
  for (let i = 0; i < fine.bins.length; i++) {
    const coarse = fine.bins[i]! >> COARSE_SHIFT;
    if (entries === 0 || bins[entries - 1] !== coarse) bins[entries++] = coarse;
    positives[entries - 1]! += fine.positives[i]!;
    negatives[entries - 1]! += fine.negatives[i]!;
  }
  return encodeHistogram({
    bins: bins.subarray(0, entries),
    positives: positives.subarray(0, entries),
    negatives: negatives.subarray(0, entries),
    spread: new Uint8Array(entries).fill(1),
  });
}
