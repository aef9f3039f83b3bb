/** Luma of 8 bits, rows from the top: `height * width` bytes. */
export interface Luma {
  width: number;
  height: number;
  data: Uint8Array;
}

/** An image as the search takes it: 1 channel (luma) or 3 (RGB interleaved), rows from the top. */
export interface SourceImage {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Above this many source pixels along a side, one pixel of the result is the mean of evenly spaced ones. */
const TAPS_PER_SIDE = 4;

/** Fixed point of the weights along one axis. */
const WEIGHT_ONE = 256;

/**
 * The size at which an image is searched: its own shape, with the area of a square of the given side; never enlarged.
 */
export function workingSize(width: number, height: number, side: number): { width: number; height: number } {
  const scale = Math.min(1, Math.sqrt((side * side) / (width * height)));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * Luma (BT.601) of an image, brought to another size by the mean of the area that a pixel covers. Bilinear interpolation, which
 * the network needs, would leave aliasing that differs between two copies of the same thing.
 *
 * The cost depends on the result's size: where more than {@link TAPS_PER_SIDE} source pixels meet along an axis, so many of them,
 * evenly spaced, stand for all. Integer arithmetic throughout: the same bytes on every machine.
 */
export function toLuma(image: SourceImage, width: number, height: number): Luma {
  const { data: source, width: sourceWidth, height: sourceHeight } = image;
  const channels = source.length === sourceWidth * sourceHeight ? 1 : 3;
  const columns = areaTaps(sourceWidth, width);
  const rows = areaTaps(sourceHeight, height);
  const out = new Uint8Array(width * height);
  const sums = new Int32Array(width);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let r = rows.start[y]!; r < rows.start[y + 1]!; r++) {
      const row = rows.index[r]! * sourceWidth;
      const rowWeight = rows.weight[r]!;
      for (let x = 0; x < width; x++) {
        let sum = 0;
        const end = columns.start[x + 1]!;
        for (let c = columns.start[x]!; c < end; c++) {
          const at = row + columns.index[c]!;
          sum += columns.weight[c]! * (channels === 1 ? source[at]! : lumaOf(source, at * 3));
        }
        // sum ≤ 255 · 256, and the row weights add up to 256: below 2^24.
        sums[x]! += sum * rowWeight;
      }
    }
    for (let x = 0; x < width; x++) out[y * width + x] = (sums[x]! + 32768) >> 16;
  }
  return { width, height, data: out };
}

function lumaOf(rgb: Uint8Array, at: number): number {
  return (77 * rgb[at]! + 150 * rgb[at + 1]! + 29 * rgb[at + 2]! + 128) >> 8;
}

interface Taps {
  /** Where the taps of each target pixel begin; one more entry than target pixels. */
  start: Int32Array;
  index: Int32Array;
  /** In 256ths; those of one target pixel add up to 256. */
  weight: Int32Array;
}

function areaTaps(source: number, target: number): Taps {
  const start = new Int32Array(target + 1);
  const index: number[] = [];
  const weight: number[] = [];
  for (let i = 0; i < target; i++) {
    start[i] = index.length;
    const from = (i * source) / target;
    const to = ((i + 1) * source) / target;
    let left = WEIGHT_ONE;
    const add = (at: number, share: number): void => {
      const w = Math.min(left, Math.round(share * WEIGHT_ONE));
      if (w === 0) return;
      index.push(at);
      weight.push(w);
      left -= w;
    };
    if (to - from > TAPS_PER_SIDE) {
      const step = (to - from) / TAPS_PER_SIDE;
      for (let k = 0; k < TAPS_PER_SIDE; k++) add(Math.floor(from + (k + 0.5) * step), 1 / TAPS_PER_SIDE);
    } else {
      const last = Math.min(source, Math.ceil(to));
      for (let at = Math.floor(from); at < last; at++) {
        add(at, (Math.min(to, at + 1) - Math.max(from, at)) / (to - from));
      }
    }
    // Rounding's rest goes to the last one.
    weight[weight.length - 1]! += left;
  }
  start[target] = index.length;
  return { start, index: Int32Array.from(index), weight: Int32Array.from(weight) };
}
