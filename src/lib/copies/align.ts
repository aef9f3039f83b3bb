import type { Plane } from './bands.js';
import type { Similarity } from './transform.js';

const ROUNDS = 4;
/** As many pixels are enough to place a region to a tenth of a pixel. */
const MOST_SAMPLES = 3000;

/** The value between pixels, bilinear; the caller keeps (x, y) inside by one pixel. */
export function sample({ width, data }: Plane, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const fx = x - left;
  const fy = y - top;
  const at = top * width + left;
  const upper = data[at]! + fx * (data[at + 1]! - data[at]!);
  const lower = data[at + width]! + fx * (data[at + width + 1]! - data[at + width]!);
  return upper + fy * (lower - upper);
}

/**
 * Moves, and where asked for turns and scales, a region until it lies best on its twin: Gauss–Newton on the squared
 * differences of luma (Lucas and Kanade 1981), brightness apart.
 *
 * @param pixels - indices of the region's pixels
 * @param turn - also rotation and scale, where the region is large enough to tell them
 */
export function align(plane: Plane, pixels: Int32Array, start: Similarity, turn: boolean): Similarity {
  const { width, height, data } = plane;
  const stride = Math.max(1, Math.floor(pixels.length / MOST_SAMPLES));
  let cx = 0,
    cy = 0,
    n = 0;
  for (let k = 0; k < pixels.length; k += stride) {
    cx += pixels[k]! % width;
    cy += Math.floor(pixels[k]! / width);
    n++;
  }
  cx /= n;
  cy /= n;
  // Around the region's centre, so that turning and moving hardly depend on each other.
  let { a, b } = start;
  let ux = a * cx - b * cy + start.tx;
  let uy = b * cx + a * cy + start.ty;
  const size = turn ? 5 : 3;
  const matrix = new Float64Array(size * size);
  const right = new Float64Array(size);
  const row = new Float64Array(size);
  for (let round = 0; round < ROUNDS; round++) {
    matrix.fill(0);
    right.fill(0);
    let used = 0;
    for (let k = 0; k < pixels.length; k += stride) {
      const i = pixels[k]!;
      const py = Math.floor(i / width);
      const x = i - py * width - cx;
      const y = py - cy;
      const u = a * x - b * y + ux;
      const v = b * x + a * y + uy;
      if (u < 1 || v < 1 || u >= width - 2 || v >= height - 2) continue;
      const here = sample(plane, u, v);
      row[0] = (sample(plane, u + 1, v) - sample(plane, u - 1, v)) / 2;
      row[1] = (sample(plane, u, v + 1) - sample(plane, u, v - 1)) / 2;
      row[2] = 1;
      if (turn) {
        row[3] = row[0] * x + row[1] * y;
        row[4] = row[1] * x - row[0] * y;
      }
      const error = data[i]! - here;
      for (let p = 0; p < size; p++) {
        for (let q = 0; q <= p; q++) matrix[p * size + q]! += row[p]! * row[q]!;
        right[p]! += row[p]! * error;
      }
      used++;
    }
    if (used < 4 * size || !solve(matrix, right, size)) break;
    // A step that leaves the neighbourhood is none that a linearisation can know.
    if (Math.abs(right[0]!) > 3 || Math.abs(right[1]!) > 3) break;
    ux += right[0]!;
    uy += right[1]!;
    if (turn) {
      a += right[3]!;
      b += right[4]!;
    }
    if (Math.abs(right[0]!) < 0.01 && Math.abs(right[1]!) < 0.01) break;
  }
  return { a, b, tx: ux - (a * cx - b * cy), ty: uy - (b * cx + a * cy) };
}

/** Solves a symmetric positive system in place (Cholesky, lower triangle given); false where it is singular. */
function solve(matrix: Float64Array, right: Float64Array, size: number): boolean {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= matrix[i * size + k]! * matrix[j * size + k]!;
      if (i === j) {
        if (sum <= 1e-6) return false;
        matrix[i * size + i] = Math.sqrt(sum);
      } else {
        matrix[i * size + j] = sum / matrix[j * size + j]!;
      }
    }
  }
  for (let i = 0; i < size; i++) {
    let sum = right[i]!;
    for (let k = 0; k < i; k++) sum -= matrix[i * size + k]! * right[k]!;
    right[i] = sum / matrix[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = right[i]!;
    for (let k = i + 1; k < size; k++) sum -= matrix[k * size + i]! * right[k]!;
    right[i] = sum / matrix[i * size + i]!;
  }
  return true;
}
