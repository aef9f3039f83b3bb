import { sample } from './align.js';
import { boxSum, type Bands, type Plane } from './bands.js';
import type { Box } from './region.js';
import type { Similarity } from './transform.js';

/** Half the side of the window in which two places are compared. */
const RADIUS = 3;
/** Windows count as alike from here: 1 where the detail is the same, 0 where it has nothing in common. */
const ALIKE = 0.8;
/** Standard deviation of a window's middle band, in levels, below which there is nothing to compare. */
const FLAT = 1;
/** A copy is looked for so far around the piece that led to it, in pixels. */
const MARGIN = 24;
/** Fewer pixels than this are no finding. */
const MIN_PIXELS = 80;

/** What two places have in common, pixel by pixel. */
export interface Comparison {
  /** Indices of the pixels of the first place that have detail and find it again at the second. */
  pixels: Int32Array;
  /** Correlation of the fine residual over those pixels, -1 … 1. */
  fine: number;
  /** The same of detail of 3 to 8 pixels. */
  middle: number;
  /** Standard deviation of the middle band there, in levels. */
  detail: number;
}

/** Compares the surroundings of a piece with where a transform takes them, and keeps what is alike and connected with it. */
export function compare(bands: Bands, seeds: Int32Array, transform: Similarity): Comparison | undefined {
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
    // What lies outside of the picture is NaN there, and like nothing.
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

  const hereFine = crop(bands.fine, box);
  const thereFine = warp(bands.fine, box, transform);
  const middle = correlation(here, there, local);
  return {
    pixels: local.map((i) => (box.y + Math.floor(i / box.width)) * width + box.x + (i % box.width)),
    fine: correlation(hereFine, thereFine, local).value,
    middle: middle.value,
    detail: middle.deviation,
  };
}

function surroundings(pixels: Int32Array, width: number, height: number): Box {
  let left = width,
    right = 0,
    top = height,
    bottom = 0;
  for (const i of pixels) {
    const y = Math.floor(i / width);
    const x = i - y * width;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  left = Math.max(0, left - MARGIN);
  top = Math.max(0, top - MARGIN);
  return {
    x: left,
    y: top,
    width: Math.min(width, right + MARGIN + 1) - left,
    height: Math.min(height, bottom + MARGIN + 1) - top,
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

function correlation(
  a: Float32Array,
  b: Float32Array,
  pixels: Int32Array,
): { value: number; deviation: number } {
  let ab = 0,
    aa = 0,
    bb = 0,
    n = 0;
  for (const i of pixels) {
    const q = b[i]!;
    if (q !== q) continue;
    const p = a[i]!;
    ab += p * q;
    aa += p * p;
    bb += q * q;
    n++;
  }
  const norm = Math.sqrt(aa * bb);
  return { value: norm === 0 ? 0 : ab / norm, deviation: n === 0 ? 0 : Math.sqrt((aa + bb) / (2 * n)) };
}
