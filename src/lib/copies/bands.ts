import type { Luma } from './working-image.js';

/** One number a pixel, rows from the top: `height * width`. */
export interface Plane {
  width: number;
  height: number;
  data: Float32Array;
}

/** An image taken apart by the size of detail. */
export interface Bands {
  luma: Plane;
  /** Luma, noise of single pixels smoothed away: what is aligned. */
  smooth: Plane;
  /** Finest detail and noise, the residual of a 3x3 mean. */
  fine: Plane;
  /** Detail of about 3 to 8 pixels, which survives saving as JPEG. */
  middle: Plane;
}

/** Residuals of growing means: the differences of neighbouring levels of a pyramid that is not made smaller. */
export function splitBands({ width, height, data }: Luma): Bands {
  const luma = { width, height, data: Float32Array.from(data) };
  const smooth = boxMean(luma, 1);
  const coarse = boxMean(smooth, 2);
  return { luma, smooth, fine: difference(luma, smooth), middle: difference(smooth, coarse) };
}

function difference(a: Plane, b: Plane): Plane {
  const data = new Float32Array(a.data.length);
  for (let i = 0; i < data.length; i++) data[i] = a.data[i]! - b.data[i]!;
  return { ...a, data };
}

/** Mean of a square of side 2 · radius + 1; beyond the border the outermost pixel counts again. */
export function boxMean(plane: Plane, radius: number): Plane {
  const { width, height } = plane;
  const sums = boxSum(plane, radius);
  const share = 1 / ((2 * radius + 1) * (2 * radius + 1));
  for (let i = 0; i < width * height; i++) sums.data[i]! *= share;
  return sums;
}

/** Sum over a square of side 2 · radius + 1; beyond the border the outermost pixel counts again. */
export function boxSum({ width, height, data }: Plane, radius: number): Plane {
  const rows = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = y * width;
    const last = start + width - 1;
    let sum = radius * data[start]!;
    for (let x = 0; x < radius; x++) sum += data[Math.min(last, start + x)]!;
    for (let x = 0; x < width; x++) {
      sum += data[Math.min(last, start + x + radius)]!;
      rows[start + x] = sum;
      sum -= data[Math.max(start, start + x - radius)]!;
    }
  }
  const out = new Float32Array(width * height);
  const column = new Float64Array(width);
  for (let x = 0; x < width; x++) column[x] = radius * rows[x]!;
  for (let y = 0; y < radius; y++) {
    const row = Math.min(height - 1, y) * width;
    for (let x = 0; x < width; x++) column[x]! += rows[row + x]!;
  }
  for (let y = 0; y < height; y++) {
    const enter = Math.min(height - 1, y + radius) * width;
    const leave = Math.max(0, y - radius) * width;
    for (let x = 0; x < width; x++) {
      const sum = column[x]! + rows[enter + x]!;
      out[y * width + x] = sum;
      column[x] = sum - rows[leave + x]!;
    }
  }
  return { width, height, data: out };
}
