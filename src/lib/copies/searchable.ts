import { PATCH, STEP, type Descriptors } from './descriptors.js';
import type { Luma } from './working-image.js';

/** Standard deviation of a patch, in levels, from which it is worth searching for. */
const FLAT = 2;
/** Levels at which a sensor or an editor has clipped. */
const DARKEST = 2;
const BRIGHTEST = 253;
/** Half of a patch may be clipped. */
const MOST_CLIPPED = (PATCH * PATCH) / 2;

/** Which patches can be told from others: neither flat nor clipped. One byte a patch. */
export function searchable(
  { columns, rows, contrast }: Descriptors,
  { width, height, data }: Luma,
): Uint8Array {
  // Squared norm of a patch of that deviation, in the units of the descriptors (twice an orthonormal DCT).
  const least = 4 * FLAT * FLAT * PATCH * PATCH;
  const clipped = clippedBefore(data, width, height);
  const out = new Uint8Array(columns * rows);
  for (let y = 0, i = 0; y < rows; y++) {
    const top = y * STEP * (width + 1);
    const bottom = (y * STEP + PATCH) * (width + 1);
    for (let x = 0; x < columns; x++, i++) {
      const left = x * STEP;
      const right = left + PATCH;
      const count =
        clipped[bottom + right]! - clipped[bottom + left]! - clipped[top + right]! + clipped[top + left]!;
      if (contrast[i]! > least && count <= MOST_CLIPPED) out[i] = 1;
    }
  }
  return out;
}

/** Summed-area table of clipped pixels, with a row and a column of zeros in front. */
function clippedBefore(data: Uint8Array, width: number, height: number): Int32Array {
  const table = new Int32Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    const at = (y + 1) * (width + 1);
    for (let x = 0; x < width; x++) {
      const value = data[y * width + x]!;
      if (value <= DARKEST || value >= BRIGHTEST) row++;
      table[at + x + 1] = table[at + x - width]! + row;
    }
  }
  return table;
}
