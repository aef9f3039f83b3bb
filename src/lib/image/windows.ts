import type { RgbImage } from './decode/index.js';
import type { ProbabilityMap } from './probability-map.js';

/** Share of a window's side by which neighbours overlap at least: what a network sees least of is a window's border. */
const OVERLAP = 1 / 4;

/** A square part of an image, by its upper left corner in pixels. */
export interface Window {
  x: number;
  y: number;
}

/** A grid of square windows that covers an image. */
export interface WindowGrid {
  /** Pixels. */
  side: number;
  /** Where the columns and the rows of windows start, in pixels. */
  columns: number[];
  rows: number[];
}

/**
 * The fewest evenly spread windows of one side that cover an image and overlap by a quarter at least.
 *
 * @returns undefined where the image is smaller than a window
 */
export function planWindows(width: number, height: number, side: number): WindowGrid | undefined {
  if (width < side || height < side) return undefined;
  return { side, columns: starts(width, side), rows: starts(height, side) };
}

function starts(length: number, side: number): number[] {
  const step = Math.max(1, Math.floor(side * (1 - OVERLAP)));
  const gaps = Math.ceil((length - side) / step);
  return Array.from({ length: gaps + 1 }, (_, i) =>
    gaps === 0 ? 0 : Math.round((i * (length - side)) / gaps),
  );
}

/** All windows of a grid, row by row. */
export function* eachWindow({ columns, rows }: WindowGrid): Generator<Window> {
  for (const y of rows) for (const x of columns) yield { x, y };
}

/** The pixels of a window, RGB interleaved, `side * side * 3` bytes. */
export function cropWindow(
  { width, data }: Pick<RgbImage, 'width' | 'data'>,
  { x, y }: Window,
  side: number,
): Uint8Array {
  const pixels = new Uint8Array(side * side * 3);
  for (let row = 0; row < side; row++) {
    const from = ((y + row) * width + x) * 3;
    pixels.set(data.subarray(from, from + side * 3), row * side * 3);
  }
  return pixels;
}

/**
 * Puts the maps of windows together. Where windows overlap, each counts the more the further the pixel lies from that
 * window's border (a tent over rows and columns), so that no seam shows.
 */
export class WindowBlend {
  readonly map: ProbabilityMap;
  readonly #side: number;
  readonly #tent: Float64Array;
  /** Sum of the tents over each column and each row; a pixel's total weight is the product of its two. */
  readonly #columnWeight: Float64Array;
  readonly #rowWeight: Float64Array;

  constructor(width: number, height: number, { side, columns, rows }: WindowGrid) {
    this.map = { width, height, data: new Float32Array(width * height) };
    this.#side = side;
    this.#tent = Float64Array.from({ length: side }, (_, i) => Math.min(i + 1, side - i));
    this.#columnWeight = this.#sumTents(width, columns);
    this.#rowWeight = this.#sumTents(height, rows);
  }

  /** @param data - probabilities of the window, (side, side) */
  add({ x, y }: Window, data: Float32Array): void {
    const side = this.#side;
    const { width, data: sum } = this.map;
    for (let row = 0; row < side; row++) {
      const down = this.#tent[row]! / this.#rowWeight[y + row]!;
      const to = (y + row) * width + x;
      for (let column = 0; column < side; column++) {
        const share = (down * this.#tent[column]!) / this.#columnWeight[x + column]!;
        sum[to + column] = sum[to + column]! + share * data[row * side + column]!;
      }
    }
  }

  #sumTents(length: number, starts: readonly number[]): Float64Array {
    const sums = new Float64Array(length);
    for (const start of starts) this.#tent.forEach((weight, i) => (sums[start + i]! += weight));
    return sums;
  }
}
