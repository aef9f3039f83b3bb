import { sample } from './align.js';
import { boxSum, type Bands, type Plane } from './bands.js';
import { boxOf, type Box } from './region.js';
import type { Similarity } from './transform.js';

/** Half the side of the window in which two places are compared. */
const RADIUS = 3;
/** Windows count as alike from here: 1 where the detail is the same, 0 where it has nothing in common. */
const ALIKE = 0.8;
/** Standard deviation of a window's middle band, in levels, below which there is nothing to compare. */
const FLAT = 1;
/** A copy is looked for so far around the piece that led to it, in pixels. */
const MARGIN = 24;
/** Pixels so near to those that are alike lie within their windows, and were compared with them. */
const AROUND = 2;
/** Share of the pixels in which the noise is looked at. */
const QUIET_SHARE = 0.25;
/** Fewer pixels than this are no finding. */
const MIN_PIXELS = 80;

/** What two places have in common, pixel by pixel. */
export interface Agreement {
  /** Indices of the pixels of the first place that have detail and find it again at the second. */
  pixels: Int32Array;
  /** Correlation of detail of 3 to 8 pixels over those, -1 … 1. */
  similarity: number;
  /**
   * Correlation of the finest residual where there is least to see, -1 … 1: noise is the same where pixels were cloned, and
   * independent where things merely look alike.
   */
  residual: number;
}

/** Compares the surroundings of a piece with where a transform takes them, and keeps what is alike and connected with it. */
export function measureAgreement(
  bands: Bands,
  seeds: Int32Array,
  transform: Similarity,
): Agreement | undefined {
  const { width, height } = bands.middle;
  const box = surroundings(seeds, width, height);
  const here = crop(bands.middle, box);
  const there = warp(bands.middle, box, transform);
  const count = box.width * box.height;
  const product = new Float32Array(count);
  const energy = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const a = here[i]!;
    const b = there[i]!;
    // What lies outside of the image is NaN there, and like nothing.
    product[i] = b === b ? a * b : -1e3;
    energy[i] = b === b ? a * a + b * b : 2e3;
  }
  const size = { width: box.width, height: box.height };
  const common = boxSum({ ...size, data: product }, RADIUS).data;
  const total = boxSum({ ...size, data: energy }, RADIUS).data;
  const floor = 2 * FLAT * FLAT * (2 * RADIUS + 1) ** 2;
  const alike = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    if (total[i]! > floor && 2 * common[i]! > ALIKE * total[i]!) alike[i] = 1;
  }
  const local = connected(alike, box, seeds, width);
  if (local.length < MIN_PIXELS) return undefined;

  const quiet = quietest(local, total, box);
  return {
    pixels: local.map((i) => (box.y + Math.floor(i / box.width)) * width + box.x + (i % box.width)),
    similarity: correlation(here, there, local),
    residual: correlation(crop(bands.fine, box), warp(bands.fine, box, transform), quiet),
  };
}

/** Those pixels of a region, and close around what is alike, whose windows show least. */
function quietest(region: Int32Array, energy: Float32Array, box: Box): Int32Array {
  const near = new Uint8Array(energy.length);
  for (const i of region) {
    const y = Math.floor(i / box.width);
    const x = i - y * box.width;
    const right = Math.min(box.width - 1, x + AROUND);
    for (let v = Math.max(0, y - AROUND); v <= Math.min(box.height - 1, y + AROUND); v++) {
      near.fill(1, v * box.width + Math.max(0, x - AROUND), v * box.width + right + 1);
    }
  }
  const inside: number[] = [];
  near.forEach((value, i) => {
    if (value === 1) inside.push(i);
  });
  const sorted = Float32Array.from(inside, (i) => energy[i]!).sort();
  const limit = sorted[Math.floor(sorted.length * QUIET_SHARE)]!;
  return Int32Array.from(inside.filter((i) => energy[i]! <= limit));
}

function surroundings(pixels: Int32Array, width: number, height: number): Box {
  const box = boxOf(pixels, width);
  const left = Math.max(0, box.x - MARGIN);
  const top = Math.max(0, box.y - MARGIN);
  return {
    x: left,
    y: top,
    width: Math.min(width, box.x + box.width + MARGIN) - left,
    height: Math.min(height, box.y + box.height + MARGIN) - top,
  };
}

function crop({ width, data }: Plane, box: Box): Float32Array {
  const out = new Float32Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const from = (box.y + y) * width + box.x;
    out.set(data.subarray(from, from + box.width), y * box.width);
  }
  return out;
}

function warp(plane: Plane, box: Box, { a, b, tx, ty }: Similarity): Float32Array {
  const { width, height } = plane;
  const out = new Float32Array(box.width * box.height).fill(NaN);
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) {
      const u = a * (box.x + x) - b * (box.y + y) + tx;
      const v = b * (box.x + x) + a * (box.y + y) + ty;
      if (u < 0 || v < 0 || u >= width - 1 || v >= height - 1) continue;
      out[y * box.width + x] = sample(plane, u, v);
    }
  }
  return out;
}

/** Pixels of a mask that are connected (8 neighbours) with a seed, as indices of the box. */
function connected(mask: Uint8Array, box: Box, seeds: Int32Array, width: number): Int32Array {
  const list = new Int32Array(mask.length);
  let end = 0;
  for (const i of seeds) {
    const y = Math.floor(i / width);
    const at = (y - box.y) * box.width + (i - y * width) - box.x;
    if (mask[at] !== 1) continue;
    mask[at] = 2;
    list[end++] = at;
  }
  for (let next = 0; next < end; next++) {
    const p = list[next]!;
    const y = Math.floor(p / box.width);
    const x = p - y * box.width;
    for (let v = Math.max(0, y - 1); v <= Math.min(box.height - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(box.width - 1, x + 1); u++) {
        const j = v * box.width + u;
        if (mask[j] !== 1) continue;
        mask[j] = 2;
        list[end++] = j;
      }
    }
  }
  return list.slice(0, end);
}

function correlation(a: Float32Array, b: Float32Array, pixels: Int32Array): number {
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (const i of pixels) {
    const q = b[i]!;
    if (q !== q) continue;
    const p = a[i]!;
    ab += p * q;
    aa += p * p;
    bb += q * q;
  }
  const norm = Math.sqrt(aa * bb);
  return norm === 0 ? 0 : ab / norm;
}
