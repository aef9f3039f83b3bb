import { align, sample } from './align.js';
import type { Bands } from './bands.js';
import { correspondences, type Piece } from './coherence.js';
import { NEAREST, type Field } from './field.js';
import { apply, translation, type Similarity } from './transform.js';

/** Moves that differ by less than this, in pixels, lead to the same place. */
const APART = 8;
/** As many pixels are enough to tell whether two places look alike. */
const MOST_SAMPLES = 1500;
/** Of the pixels so many must stay within the image. */
const LEAST_INSIDE = 0.5;

/** Where a piece's patches move on the average, in pixels. */
export function meanShift(piece: Piece, field: Field): Similarity {
  const pairs = correspondences(piece, field);
  let dx = 0;
  let dy = 0;
  for (let i = 0; i < pairs.length; i += 4) {
    dx += pairs[i + 2]! - pairs[i]!;
    dy += pairs[i + 3]! - pairs[i + 1]!;
  }
  return translation((4 * dx) / pairs.length, (4 * dy) / pairs.length);
}

/**
 * How much a place looks like a third one: the largest correlation of its detail with what lies where other pieces of the image
 * move, or a whole number of steps or a part of one along the way to its twin. Near 1 in a facade, whose windows are alike on a
 * grid, though a patch may have one twin that is more alike than the rest; about 0.1 where something was copied once.
 *
 * @param pixels - indices of the place's pixels
 * @param move - takes them to their twin
 * @param shifts - of the image's other pieces
 * @returns 0 … 1; 0 where no such place lies within the image
 */
export function recurrence(
  { middle, smooth }: Bands,
  pixels: Int32Array,
  move: Similarity,
  shifts: readonly Similarity[],
): number {
  const width = middle.width;
  const stride = Math.max(1, Math.floor(pixels.length / MOST_SAMPLES));
  const some = pixels.filter((_, k) => k % stride === 0);
  const centre = { x: 0, y: 0 };
  for (const i of some) {
    centre.x += i % width;
    centre.y += Math.floor(i / width);
  }
  centre.x /= some.length;
  centre.y /= some.length;
  const moved = apply(move, centre.x, centre.y);
  const [dx, dy] = [moved.x - centre.x, moved.y - centre.y];

  const steps = [-1, 2];
  for (let k = 2; Math.hypot(dx, dy) / k >= NEAREST; k++) steps.push(1 / k, -1 / k);
  const ways = [
    ...steps.map((step) => ({ x: step * dx, y: step * dy })),
    ...shifts.flatMap(({ tx, ty }) => [
      { x: tx, y: ty },
      { x: 0 - tx, y: 0 - ty },
    ]),
  ];
  const looked = [
    { x: 0, y: 0 },
    { x: dx, y: dy },
  ];
  let most = 0;
  for (const { x, y } of ways) {
    if (looked.some((other) => Math.hypot(other.x - x, other.y - y) < APART)) continue;
    looked.push({ x, y });
    if (insideShare(some, x, y, middle) < LEAST_INSIDE) continue;
    most = Math.max(most, likeness(middle, some, align(smooth, some, translation(x, y), false)));
  }
  return most;
}

function insideShare(
  pixels: Int32Array,
  dx: number,
  dy: number,
  { width, height }: { width: number; height: number },
): number {
  let inside = 0;
  for (const i of pixels) {
    const y = Math.floor(i / width);
    const [u, v] = [i - y * width + dx, y + dy];
    if (u >= 0 && v >= 0 && u < width - 1 && v < height - 1) inside++;
  }
  return inside / pixels.length;
}

/** Correlation of a plane's pixels with those that a transform takes them to. */
function likeness(plane: Bands['middle'], pixels: Int32Array, transform: Similarity): number {
  const { width, height, data } = plane;
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (const i of pixels) {
    const y = Math.floor(i / width);
    const { x: u, y: v } = apply(transform, i - y * width, y);
    if (u < 0 || v < 0 || u >= width - 1 || v >= height - 1) continue;
    const a = data[i]!;
    const b = sample(plane, u, v);
    ab += a * b;
    aa += a * a;
    bb += b * b;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}
