import { sample } from './align.js';
import type { Plane } from './bands.js';
import { LENGTH, PATCH, STEP, describePatch, type Descriptors } from './descriptors.js';
import { type Similarity } from './transform.js';

/** Patches nearer than this to one of the two places, in pixels, are the same place. */
const APART = 8;
const SAMPLES = 24;
/** A second best so many times as far as the best is as good as none. */
const FAR = 6;

/**
 * How well other places fit, too: the mean, over some of a piece's patches, of the distance to the twin as a share of the distance
 * to the best patch anywhere else. Near 0 for a copy; near or above 1 along edges and in repeated patterns.
 *
 * @param nodes - indices of patches
 * @param transform - takes a pixel of theirs to its twin
 */
export function ambiguity(
  { values, columns, rows }: Descriptors,
  luma: Plane,
  nodes: Int32Array,
  transform: Similarity,
): number {
  const stride = Math.max(1, Math.floor(nodes.length / SAMPLES));
  const apart = (APART / STEP) ** 2;
  const count = columns * rows;
  const half = new Float64Array((PATCH / 2) ** 2);
  let sum = 0;
  let taken = 0;
  for (let k = stride >> 1; k < nodes.length; k += stride) {
    const node = nodes[k]!;
    const row = Math.floor(node / columns);
    const column = node - row * columns;
    if (!warpPatch(luma, column * STEP, row * STEP, transform, half)) continue;
    const twin = describePatch(half);
    const at = node * LENGTH;
    let best = 0;
    for (let f = 0; f < LENGTH; f++) best += (values[at + f]! - twin[f]!) ** 2;
    const centre = (PATCH - 1) / 2;
    const u = column * STEP + centre;
    const v = row * STEP + centre;
    const twinColumn = Math.round((transform.a * u - transform.b * v + transform.tx - centre) / STEP);
    const twinRow = Math.round((transform.b * u + transform.a * v + transform.ty - centre) / STEP);

    let second = Math.max(1, best) * FAR * FAR;
    const v0 = values[at]!,
      v1 = values[at + 1]!,
      v2 = values[at + 2]!;
    const v3 = values[at + 3]!,
      v4 = values[at + 4]!,
      v5 = values[at + 5]!;
    for (let other = 0, b = 0; other < count; other++, b += LENGTH) {
      const d0 = v0 - values[b]!,
        d1 = v1 - values[b + 1]!,
        d2 = v2 - values[b + 2]!;
      let total = d0 * d0 + d1 * d1 + d2 * d2;
      if (total >= second) continue;
      const d3 = v3 - values[b + 3]!,
        d4 = v4 - values[b + 4]!,
        d5 = v5 - values[b + 5]!;
      total += d3 * d3 + d4 * d4 + d5 * d5;
      for (let f = 6; f < LENGTH && total < second; f++) {
        const d = values[at + f]! - values[b + f]!;
        total += d * d;
      }
      if (total >= second) continue;
      const y = Math.floor(other / columns);
      const x = other - y * columns;
      if ((x - column) ** 2 + (y - row) ** 2 < apart) continue;
      if ((x - twinColumn) ** 2 + (y - twinRow) ** 2 < apart) continue;
      second = total;
    }
    sum += Math.sqrt(best / second);
    taken++;
  }
  return taken === 0 ? 1 : sum / taken;
}

/** Sums of 2x2 pixels of a patch's twin, brought back into its place; false where it leaves the image. */
function warpPatch(
  luma: Plane,
  left: number,
  top: number,
  { a, b, tx, ty }: Similarity,
  half: Float64Array,
): boolean {
  half.fill(0);
  for (let y = 0; y < PATCH; y++) {
    for (let x = 0; x < PATCH; x++) {
      const u = a * (left + x) - b * (top + y) + tx;
      const v = b * (left + x) + a * (top + y) + ty;
      if (u < 0 || v < 0 || u >= luma.width - 1 || v >= luma.height - 1) return false;
      half[(y >> 1) * (PATCH / 2) + (x >> 1)]! += sample(luma, u, v);
    }
  }
  return true;
}
