/** An RGB image, interleaved, rows from the top. */
interface Rgb {
  width: number;
  height: number;
  data: Uint8Array;
}

/** OpenCV's `INTER_RESIZE_COEF_SCALE`: weights are whole 2048ths. */
const WEIGHT_ONE = 2048;

/**
 * Resizes as `cv2.resize(…, interpolation=INTER_LINEAR)` does in 8 bits, to the last bit: half-pixel centres, no
 * antialiasing, aspect ratio not kept. Only the two source rows of each target row are touched, so that the cost
 * depends on the target's size alone.
 *
 * @param width of the result, in pixels.
 * @param height of the result, in pixels.
 * @returns RGB interleaved, `height * width * 3` bytes.
 */
export function resizeLinearOpenCv(image: Rgb, width: number, height: number): Uint8Array {
  const { data: source, width: sourceWidth, height: sourceHeight } = image;
  const columns = columnTaps(sourceWidth, width);
  const rowTap = linearTaps(sourceHeight, height);
  const out = new Uint8Array(width * height * 3);

  // Horizontal sums of the two source rows in use. Row numbers never fall, so the lower of a pair often is the next upper.
  let upper = new Int32Array(width * 3);
  let lower = new Int32Array(width * 3);
  let upperRow = -1;
  let lowerRow = -1;
  const lastRow = sourceHeight - 1;
  for (let y = 0; y < height; y++) {
    // Vertically only the row's number is clamped and the weight stays, which makes no difference but in rounding.
    const top = Math.min(Math.max(rowTap.index[y]!, 0), lastRow);
    const bottom = Math.min(Math.max(rowTap.index[y]! + 1, 0), lastRow);
    if (top === lowerRow) {
      [upper, lower] = [lower, upper];
      [upperRow, lowerRow] = [lowerRow, upperRow];
    }
    if (top !== upperRow) sumRow(source, top * sourceWidth * 3, columns, upper);
    upperRow = top;
    if (bottom !== lowerRow) sumRow(source, bottom * sourceWidth * 3, columns, lower);
    lowerRow = bottom;

    const upperWeight = rowTap.weight0[y]!;
    const lowerWeight = rowTap.weight1[y]!;
    const to = y * width * 3;
    for (let i = 0; i < upper.length; i++) {
      const sum = ((upperWeight * (upper[i]! >> 4)) >> 16) + ((lowerWeight * (lower[i]! >> 4)) >> 16);
      out[to + i] = (sum + 2) >> 2;
    }
  }
  return out;
}

interface ColumnTaps {
  /** Byte offsets, within a row, of the left and the right source pixel of each target column. */
  left: Int32Array;
  right: Int32Array;
  weight0: Int32Array;
  weight1: Int32Array;
}

function sumRow(source: Uint8Array, start: number, taps: ColumnTaps, sums: Int32Array): void {
  const { left, right, weight0, weight1 } = taps;
  for (let x = 0, i = 0; x < left.length; x++, i += 3) {
    const a = start + left[x]!;
    const b = start + right[x]!;
    const wa = weight0[x]!;
    const wb = weight1[x]!;
    sums[i] = source[a]! * wa + source[b]! * wb;
    sums[i + 1] = source[a + 1]! * wa + source[b + 1]! * wb;
    sums[i + 2] = source[a + 2]! * wa + source[b + 2]! * wb;
  }
}

/** Horizontally both the index and the weight are clamped: beyond the border the outermost pixel counts alone. */
function columnTaps(sourceWidth: number, width: number): ColumnTaps {
  const { index, weight0, weight1 } = linearTaps(sourceWidth, width);
  const left = new Int32Array(width);
  const right = new Int32Array(width);
  const last = sourceWidth - 1;
  for (let x = 0; x < width; x++) {
    const at = index[x]!;
    if (at < 0 || at >= last) {
      weight0[x] = WEIGHT_ONE;
      weight1[x] = 0;
    }
    left[x] = Math.min(Math.max(at, 0), last) * 3;
    right[x] = Math.min(Math.max(at + 1, 0), last) * 3;
  }
  return { left, right, weight0, weight1 };
}

/** For each target position the source index before it, unclamped, and the weights of that one and the next. */
function linearTaps(
  source: number,
  target: number,
): { index: Int32Array; weight0: Int32Array; weight1: Int32Array } {
  const index = new Int32Array(target);
  const weight0 = new Int32Array(target);
  const weight1 = new Int32Array(target);
  // OpenCV divides twice; a plain source / target can differ in the last bit.
  const scale = 1 / (target / source);
  for (let i = 0; i < target; i++) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    index[i] = Math.floor(position);
    const fraction = Math.fround(position - index[i]!);
    weight0[i] = roundHalfEven(Math.fround(1 - fraction) * WEIGHT_ONE);
    weight1[i] = roundHalfEven(fraction * WEIGHT_ONE);
  }
  return { index, weight0, weight1 };
}

/** Rounds as the processor does, which is what OpenCV's `cvRound` comes to. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * Resizes a grey image as `cv2.resize(…, interpolation=INTER_NEAREST)` does: source index floor(i · source / target).
 * @returns `targetHeight * targetWidth` bytes.
 */
export function resizeNearestOpenCv(
  grey: Uint8Array,
  sourceWidth: number,
  sourceHeight: number,
  targetWidth: number,
  targetHeight: number,
): Uint8Array {
  const columns = nearestIndices(sourceWidth, targetWidth);
  const rows = nearestIndices(sourceHeight, targetHeight);
  const out = new Uint8Array(targetWidth * targetHeight);
  let to = 0;
  for (const row of rows) {
    const from = row * sourceWidth;
    for (const column of columns) out[to++] = grey[from + column]!;
  }
  return out;
}

function nearestIndices(source: number, target: number): Int32Array {
  const scale = 1 / (target / source);
  return Int32Array.from({ length: target }, (_, i) => Math.min(Math.floor(i * scale), source - 1));
}
