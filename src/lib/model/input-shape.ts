import type { ManifestInput } from './manifest.js';

/** How a photo of any size is brought to a network: docs/models.md has the rule, python/ofx/shapes.py the same in Python. */

/** Sides of a free shape are multiples of this: the network's coarsest cells, and two of JPEG's blocks. */
const MULTIPLE = 16;
/** Shortest side of a free shape, in pixels. */
const SHORTEST = 96;

/** The input's sides in pixels, and those of the part that the photo covers, from the upper left corner. */
export interface InputShape {
  width: number;
  height: number;
  /** Right of the photo and below it its last column and row are repeated; of the map, only this part counts. */
  covered: { width: number; height: number };
}

/**
 * The shape of the input for a photo of width x height pixels.
 *
 * @param side - side S of the square that photos are stretched to, or whose area free shapes have
 */
export function inputShape(
  { width, height }: { width: number; height: number },
  side: number,
  { fit = 'stretch', enlarge = 1 }: Pick<ManifestInput, 'fit' | 'enlarge'>,
): InputShape {
  if (fit === 'stretch') return whole(side, side);
  const longest = Math.max(SHORTEST, Math.floor((side * side) / SHORTEST / MULTIPLE) * MULTIPLE);
  const factor = Math.min(
    enlarge,
    Math.sqrt((side * side) / (height * width)),
    longest / Math.max(height, width),
  );
  if (factor === 1) {
    return {
      width: Math.max(SHORTEST, Math.ceil(width / MULTIPLE) * MULTIPLE),
      height: Math.max(SHORTEST, Math.ceil(height / MULTIPLE) * MULTIPLE),
      covered: { width, height },
    };
  }
  const scaled = (length: number): number =>
    Math.min(Math.max(Math.floor((length * factor) / MULTIPLE + 0.5) * MULTIPLE, SHORTEST), longest);
  return whole(scaled(width), scaled(height));
}

function whole(width: number, height: number): InputShape {
  return { width, height, covered: { width, height } };
}

/** Repeats the last column and row of an RGB image until it fills the input, interleaved, rows from the top. */
export function padToShape(rgb: Uint8Array, { width, height, covered }: InputShape): Uint8Array {
  if (width === covered.width && height === covered.height) return rgb;
  const out = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = Math.min(y, covered.height - 1) * covered.width * 3;
    const row = y * width * 3;
    const end = from + covered.width * 3;
    out.set(rgb.subarray(from, end), row);
    for (let x = covered.width; x < width; x++) out.set(rgb.subarray(end - 3, end), row + x * 3);
  }
  return out;
}

/** The part of a map of the input that lies on the photo. */
export function coveredMap(map: Float32Array, { width, height, covered }: InputShape): Float32Array {
  if (width === covered.width && height === covered.height) return map;
  const out = new Float32Array(covered.width * covered.height);
  for (let y = 0; y < covered.height; y++) {
    out.set(map.subarray(y * width, y * width + covered.width), y * covered.width);
  }
  return out;
}
