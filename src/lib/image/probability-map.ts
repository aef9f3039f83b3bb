/** How likely each pixel is manipulated, 0 to 1. */
export interface ProbabilityMap {
  width: number;
  height: number;
  /** Rows from the top, `height * width`. */
  data: Float32Array;
}

/**
 * A probability map brought to another size, as `cv2.resize(…, interpolation=INTER_LINEAR)` does with float32: bilinear,
 * half-pixel centres, clamped at the borders.
 */
export function resizeMap(map: ProbabilityMap, width: number, height: number): ProbabilityMap {
  if (map.width === width && map.height === height) return map;
  const data = new Float32Array(width * height);
  eachRow(map, width, height, (row, y) => {
    data.set(row, y * width);
  });
  return { width, height, data };
}

/** The mean of two maps of the same image, at the size of the second. */
export function meanMap(first: ProbabilityMap, { width, height, data }: ProbabilityMap): ProbabilityMap {
  const { data: other } = resizeMap(first, width, height);
  return { width, height, data: data.map((probability, i) => (probability + other[i]!) / 2) };
}

/** Brings a map to another size row by row, from the top, without ever holding the whole. The row is used again. */
export function eachRow(
  map: ProbabilityMap,
  width: number,
  height: number,
  visit: (row: Float32Array, y: number) => void,
): void {
  if (map.width === width && map.height === height) {
    for (let y = 0; y < height; y++) visit(map.data.subarray(y * width, (y + 1) * width), y);
    return;
  }
  const columns = taps(map.width, width);
  const rows = taps(map.height, height);
  const out = new Float32Array(width);
  let upper = new Float32Array(width);
  let lower = new Float32Array(width);
  let upperRow = -1;
  let lowerRow = -1;
  for (let y = 0; y < height; y++) {
    const top = rows.first[y]!;
    const bottom = rows.second[y]!;
    if (top === lowerRow) {
      [upper, lower] = [lower, upper];
      [upperRow, lowerRow] = [lowerRow, upperRow];
    }
    if (top !== upperRow) interpolateRow(map, top, columns, upper);
    upperRow = top;
    if (bottom !== lowerRow) interpolateRow(map, bottom, columns, lower);
    lowerRow = bottom;
    const weight1 = rows.fraction[y]!;
    const weight0 = Math.fround(1 - weight1);
    for (let x = 0; x < width; x++) out[x] = upper[x]! * weight0 + lower[x]! * weight1;
    visit(out, y);
  }
}

interface Taps {
  first: Int32Array;
  second: Int32Array;
  /** Weight of the second. */
  fraction: Float32Array;
}

function taps(source: number, target: number): Taps {
  const first = new Int32Array(target);
  const second = new Int32Array(target);
  const fraction = new Float32Array(target);
  const scale = 1 / (target / source);
  for (let i = 0; i < target; i++) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    const index = Math.floor(position);
    first[i] = Math.min(Math.max(index, 0), source - 1);
    second[i] = Math.min(Math.max(index + 1, 0), source - 1);
    fraction[i] = position - index;
  }
  return { first, second, fraction };
}

function interpolateRow(
  map: ProbabilityMap,
  y: number,
  { first, second, fraction }: Taps,
  out: Float32Array,
): void {
  const start = y * map.width;
  for (let x = 0; x < out.length; x++) {
    const weight1 = fraction[x]!;
    out[x] =
      map.data[start + first[x]!]! * Math.fround(1 - weight1) + map.data[start + second[x]!]! * weight1;
  }
}

/** The mask of a map: 255 where the probability is above the threshold, 0 elsewhere. */
export function thresholdMap(map: ProbabilityMap, threshold: number): Uint8Array {
  const { data } = map;
  const mask = new Uint8Array(data.length);
  for (let i = 0; i < mask.length; i++) mask[i] = data[i]! > threshold ? 255 : 0;
  return mask;
}
