import type { RgbImage } from './decode/index.js';
import type { ProbabilityMap } from './probability-map.js';
import { resizeLinearOpenCv } from './resize.js';

/** Share of a window's side by which neighbours overlap at least: what a network sees least of is a window's border. */
const OVERLAP = 1 / 4;
/** A photo is looked at through windows where bringing it to the network's side shrinks its longer side by more than this. */
const LARGE = 2;
/** More windows than this would cost more time than they find: those of a larger photo are shrunk instead. */
const MOST_WINDOWS = 64;
/** By so much a photo is shrunk further, until that many windows suffice. */
const STEP = 1 / 64;

/** A square part of the canvas of a grid, by its upper left corner in pixels. */
export interface Window {
  x: number;
  y: number;
}

/** A grid of square windows that covers an image. */
export interface WindowGrid {
  /** Pixels. */
  side: number;
  /** The image, maybe shrunk: windows are measured on it. In pixels. */
  canvas: { width: number; height: number };
  /** Where the columns and the rows of windows start, in pixels. */
  columns: number[];
  rows: number[];
}

/**
 * The rule for windows: an image whose longer side is more than twice the network's is covered by the fewest evenly spread windows
 * that overlap by a quarter at least, at full resolution; where these would be more than 64, the image is shrunk as little as
 * makes them so many.
 *
 * @returns undefined where the image is not large, or narrower than a window
 */
export function planWindows(width: number, height: number, side: number): WindowGrid | undefined {
  if (Math.max(width, height) <= LARGE * side || Math.min(width, height) < side) return undefined;
  for (let shrink = 1; ; shrink += STEP) {
    const canvas = {
      width: Math.max(side, Math.round(width / shrink)),
      height: Math.max(side, Math.round(height / shrink)),
    };
    const [columns, rows] = [starts(canvas.width, side), starts(canvas.height, side)];
    if (columns.length * rows.length <= MOST_WINDOWS) return { side, canvas, columns, rows };
  }
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

/** What a window shows of an image, RGB interleaved, `side * side * 3` bytes; shrunk as images are for the network. */
export function windowPixels(
  { width, height, data }: Pick<RgbImage, 'width' | 'height' | 'data'>,
  { side, canvas }: WindowGrid,
  { x, y }: Window,
): Uint8Array {
  const across = (at: number): number => Math.round((at * width) / canvas.width);
  const down = (at: number): number => Math.round((at * height) / canvas.height);
  const [left, top] = [across(x), down(y)];
  const part = { width: across(x + side) - left, height: down(y + side) - top };
  const pixels = new Uint8Array(part.width * part.height * 3);
  for (let row = 0; row < part.height; row++) {
    const from = ((top + row) * width + left) * 3;
    pixels.set(data.subarray(from, from + part.width * 3), row * part.width * 3);
  }
  if (part.width === side && part.height === side) return pixels;
  return resizeLinearOpenCv({ ...part, data: pixels }, side, side);
}

/**
 * Puts the maps of windows together, on the canvas. Where windows overlap, each counts the more the further the pixel lies from that
 * window's border (a tent over rows and columns), so that no seam shows.
 */
export class WindowBlend {
  readonly map: ProbabilityMap;
  readonly #side: number;
  readonly #tent: Float64Array;
  /** Sum of the tents over each column and each row; a pixel's total weight is the product of its two. */
  readonly #columnWeight: Float64Array;
  readonly #rowWeight: Float64Array;

  constructor({ side, canvas: { width, height }, columns, rows }: WindowGrid) {
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
