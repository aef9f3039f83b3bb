import type { Luma } from './working-image.js';

/** Side of a patch, in pixels of the working image. */
export const PATCH = 16;
/** Distance of neighbouring patches, in pixels. */
export const STEP = 2;
/** Numbers that describe a patch. */
export const LENGTH = 28;

/** Side of a patch in the image of half the size, in which patches lie one pixel apart. */
const HALF_PATCH = PATCH / STEP;
/** Frequencies of order 0 … ORDERS - 1 along each axis, those with a sum below ORDERS. */
const ORDERS = 7;

/** What every patch of an image looks like. Patch (column, row) covers pixels from (column · STEP, row · STEP). */
export interface Descriptors {
  columns: number;
  rows: number;
  /** `rows * columns * LENGTH` coefficients, of a patch from low to high frequencies; in units of 1/4 of orthonormal DCT. */
  values: Int16Array;
  /** Squared norm of a patch's coefficients without the mean: how much there is to see. */
  contrast: Float64Array;
}

/** Fixed point of the basis. */
const BASIS_ONE = 4096;
/** Orthonormal DCT-II of 8 values in 4096ths, rounded, so that no machine's cosine matters. */
const BASIS = dctBasis();

/** Pairs of (vertical, horizontal) order, from low to high frequency. */
const FREQUENCIES = zigzag();

/**
 * Describes patches of 16x16 every 2 pixels by their 28 lowest DCT coefficients. A DCT of 8x8 on the image of half the size gives
 * those, for a quarter of the work.
 */
export function describe(luma: Luma): Descriptors | undefined {
  const width = luma.width >> 1;
  const height = luma.height >> 1;
  const columns = width - HALF_PATCH + 1;
  const rows = height - HALF_PATCH + 1;
  if (columns < 1 || rows < 1) return undefined;
  const half = halve(luma, width, height);

  // Horizontal transforms of all rows of a strip: one plane an order.
  const planes = Array.from({ length: ORDERS }, () => new Int32Array(height * columns));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns; x++) {
      const at = y * width + x;
      const a = half[at]!,
        b = half[at + 1]!,
        c = half[at + 2]!,
        d = half[at + 3]!;
      const e = half[at + 4]!,
        f = half[at + 5]!,
        g = half[at + 6]!,
        h = half[at + 7]!;
      const s0 = a + h,
        s1 = b + g,
        s2 = c + f,
        s3 = d + e;
      const d0 = a - h,
        d1 = b - g,
        d2 = c - f,
        d3 = d - e;
      const to = y * columns + x;
      for (let order = 0; order < ORDERS; order++) {
        const k = order * HALF_PATCH;
        planes[order]![to] =
          (order & 1
            ? BASIS[k]! * d0 + BASIS[k + 1]! * d1 + BASIS[k + 2]! * d2 + BASIS[k + 3]! * d3
            : BASIS[k]! * s0 + BASIS[k + 1]! * s1 + BASIS[k + 2]! * s2 + BASIS[k + 3]! * s3) >> 6;
      }
    }
  }
  const values = new Int16Array(rows * columns * LENGTH);
  const contrast = new Float64Array(rows * columns);
  for (let f = 0; f < LENGTH; f++) {
    const vertical = FREQUENCIES[f]![0];
    const plane = planes[FREQUENCIES[f]![1]]!;
    const k = vertical * HALF_PATCH;
    const b0 = BASIS[k]!,
      b1 = BASIS[k + 1]!,
      b2 = BASIS[k + 2]!,
      b3 = BASIS[k + 3]!;
    const sign = vertical & 1 ? -1 : 1;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const at = y * columns + x;
        const sum =
          b0 * (plane[at]! + sign * plane[at + 7 * columns]!) +
          b1 * (plane[at + columns]! + sign * plane[at + 6 * columns]!) +
          b2 * (plane[at + 2 * columns]! + sign * plane[at + 5 * columns]!) +
          b3 * (plane[at + 3 * columns]! + sign * plane[at + 4 * columns]!);
        const value = sum >> 18;
        values[at * LENGTH + f] = value;
        if (f > 0) contrast[at]! += value * value;
      }
    }
  }
  return { columns, rows, values, contrast };
}

/**
 * Describes one patch from the sums of its 2x2 pixels (8x8, rows from the top, not necessarily whole numbers), in the units of
 * {@link describe}.
 */
export function describePatch(half: Float64Array): Float64Array {
  const rows = new Float64Array(HALF_PATCH * ORDERS);
  for (let y = 0; y < HALF_PATCH; y++) {
    for (let order = 0; order < ORDERS; order++) {
      let sum = 0;
      for (let x = 0; x < HALF_PATCH; x++) sum += BASIS[order * HALF_PATCH + x]! * half[y * HALF_PATCH + x]!;
      rows[y * ORDERS + order] = sum / BASIS_ONE;
    }
  }
  const values = new Float64Array(LENGTH);
  for (let f = 0; f < LENGTH; f++) {
    const [vertical, horizontal] = FREQUENCIES[f]!;
    let sum = 0;
    for (let y = 0; y < HALF_PATCH; y++)
      sum += BASIS[vertical * HALF_PATCH + y]! * rows[y * ORDERS + horizontal]!;
    values[f] = sum / BASIS_ONE;
  }
  return values;
}

/** Sums of 2x2 pixels. */
function halve({ data, width: stride }: Luma, width: number, height: number): Int32Array {
  const out = new Int32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 2 * y * stride + 2 * x;
      out[y * width + x] = data[at]! + data[at + 1]! + data[at + stride]! + data[at + stride + 1]!;
    }
  }
  return out;
}

function dctBasis(): Int32Array {
  const basis = new Int32Array(ORDERS * HALF_PATCH);
  for (let order = 0; order < ORDERS; order++) {
    const norm = Math.sqrt((order === 0 ? 1 : 2) / HALF_PATCH);
    for (let i = 0; i < HALF_PATCH; i++) {
      const value = norm * Math.cos(((2 * i + 1) * order * Math.PI) / (2 * HALF_PATCH));
      basis[order * HALF_PATCH + i] = Math.round(value * BASIS_ONE);
    }
  }
  return basis;
}

function zigzag(): (readonly [number, number])[] {
  const pairs: [number, number][] = [];
  for (let sum = 0; sum < ORDERS; sum++) {
    for (let vertical = 0; vertical <= sum; vertical++) pairs.push([vertical, sum - vertical]);
  }
  return pairs;
}
