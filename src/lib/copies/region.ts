import { invert, type Similarity } from './transform.js';

/** Upper left corner and size, in pixels. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Which pixels belong to something: 0 or 1, rows from the top, `height * width` bytes. */
export interface Mask {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Half the width of gaps that are closed: windows without detail lie between those with. */
const CLOSING = 4;
/** By so much a place is larger than what is left of windows that had to lie in it for the most part. */
const GROWTH = 2;

/** The place that pixels with detail stand for: gaps between them are closed, holes filled, and the border moved out. */
export function toRegion(pixels: Int32Array, width: number, height: number): Mask {
  const mask = { width, height, data: new Uint8Array(width * height) };
  for (const i of pixels) mask.data[i] = 1;
  return fillHoles(spread(spread(mask, CLOSING, 1), CLOSING - GROWTH, 0));
}

/** The same place, where a transform takes it. */
export function moveRegion({ width, height, data }: Mask, transform: Similarity): Mask {
  const out = { width, height, data: new Uint8Array(data.length) };
  const { a, b, tx, ty } = invert(transform);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const u = Math.round(a * x - b * y + tx);
      const v = Math.round(b * x + a * y + ty);
      if (u >= 0 && v >= 0 && u < width && v < height) out.data[i] = data[v * width + u]!;
    }
  }
  return out;
}

/** Each pixel takes a value that occurs in the square around it, and else the other one: dilation (1) or erosion (0). */
function spread({ width, height, data }: Mask, radius: number, value: 0 | 1): Mask {
  const rows = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) spreadLine(data, rows, y * width, 1, width, radius, value);
  const out = new Uint8Array(data.length);
  for (let x = 0; x < width; x++) spreadLine(rows, out, x, width, height, radius, value);
  return { width, height, data: out };
}

function spreadLine(
  from: Uint8Array,
  to: Uint8Array,
  start: number,
  step: number,
  length: number,
  radius: number,
  value: 0 | 1,
): void {
  let count = 0;
  for (let k = 0; k < Math.min(radius, length); k++) if (from[start + k * step] === value) count++;
  for (let k = 0; k < length; k++) {
    if (k + radius < length && from[start + (k + radius) * step] === value) count++;
    to[start + k * step] = count > 0 ? value : 1 - value;
    if (k >= radius && from[start + (k - radius) * step] === value) count--;
  }
}

/** Sets what cannot be reached from the border through pixels that are 0 (4 neighbours). */
function fillHoles({ width, height, data }: Mask): Mask {
  const out = new Uint8Array(data.length).fill(1);
  const stack = new Int32Array(data.length);
  let end = 0;
  const visit = (i: number): void => {
    if (data[i] === 1 || out[i] === 0) return;
    out[i] = 0;
    stack[end++] = i;
  };
  for (let x = 0; x < width; x++) {
    visit(x);
    visit((height - 1) * width + x);
  }
  for (let y = 0; y < height; y++) {
    visit(y * width);
    visit(y * width + width - 1);
  }
  for (let next = 0; next < end; next++) {
    const i = stack[next]!;
    const x = i % width;
    if (x > 0) visit(i - 1);
    if (x < width - 1) visit(i + 1);
    if (i >= width) visit(i - width);
    if (i < data.length - width) visit(i + width);
  }
  return { width, height, data: out };
}

/** The smallest box around pixels, given by their indices. */
export function boxOf(pixels: Int32Array, width: number): Box {
  let left = width;
  let right = 0;
  let top = Infinity;
  let bottom = 0;
  for (const i of pixels) {
    const y = Math.floor(i / width);
    const x = i - y * width;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** The smallest box around a mask, and how many pixels are set; undefined where none is. */
export function boxAndArea({ width, height, data }: Mask): { box: Box; area: number } | undefined {
  let left = width,
    right = -1,
    top = height,
    bottom = -1,
    area = 0;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (data[i] !== 1) continue;
      area++;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  if (area === 0) return undefined;
  return { box: { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }, area };
}
