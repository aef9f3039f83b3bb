import { smooth, type Point } from './outline.js';
import { centroid, contains } from './polygon.js';

/** How a pair of places is drawn: lines of one width, and filled triangles. In pixels of the image. */
export interface PairDrawing {
  /** Width of all lines. */
  width: number;
  /** Open lines: the border of both places, dashed where the original is, and the shaft. */
  lines: Point[][];
  /** Heads of the arrow; two where nobody knows which place is the copy. */
  heads: Point[][];
}

/** Width of a line as a share of the image's longer side. */
const WIDTH_SHARE = 0.0032;
const LEAST_WIDTH = 1.6;
/** In widths of a line. */
const HEAD_LENGTH = 5;
const HEAD_HALF_WIDTH = 2.3;
const DASH = 5;
const GAP = 3.5;
/** Between a place's border and the arrow, in widths. */
const DISTANCE = 1.5;
/** How far the shaft bows, as a share of its length: a straight line is taken for a part of the image. */
const BOW = 0.14;
const SHAFT_POINTS = 32;

/**
 * Two outlines with an arrow from one to the other.
 *
 * @param from - the place that was copied, a polygon in pixels of the image
 * @param to - the copy
 * @param directed - whether it is known which is which; else both outlines are full, and the arrow has two heads
 */
export function drawPair(
  from: readonly Point[],
  to: readonly Point[],
  image: { width: number; height: number },
  directed: boolean,
): PairDrawing {
  const width = Math.max(LEAST_WIDTH, WIDTH_SHARE * Math.max(image.width, image.height));
  const [origin, copy] = [smooth(from), smooth(to)];
  const border = directed ? dashes(origin, DASH * width, GAP * width) : [closed(origin)];
  const { shaft, heads } = drawArrow(origin, copy, image, width, directed);
  return { width, lines: [...border, closed(copy), ...(shaft.length > 1 ? [shaft] : [])], heads };
}

function drawArrow(
  from: readonly Point[],
  to: readonly Point[],
  image: { width: number; height: number },
  width: number,
  directed: boolean,
): { shaft: Point[]; heads: Point[][] } {
  const curve = bow(centroid(from), centroid(to), image);
  // What lies between the two places, as far as they leave room.
  let start = 0;
  let end = curve.length - 1;
  while (start < end && contains(from, curve[start]!)) start++;
  while (end > start && contains(to, curve[end]!)) end--;
  const visible = trim(
    trim(curve.slice(start, end + 1), DISTANCE * width).reverse(),
    DISTANCE * width,
  ).reverse();
  const needed = HEAD_LENGTH * width * (directed ? 1.5 : 2.5);
  // Places that touch or overlap: the arrow goes from middle to middle.
  const line = lengthOf(visible) >= 2 * needed ? visible : curve;
  if (lengthOf(line) < needed) return { shaft: [], heads: [] };
  const heads = [head(line, width)];
  let shaft = trim([...line].reverse(), HEAD_LENGTH * width * 0.8).reverse();
  if (!directed) {
    heads.push(head([...line].reverse(), width));
    shaft = trim(shaft, HEAD_LENGTH * width * 0.8);
  }
  return { shaft, heads };
}

/** A quadratic Bézier curve that bows upwards, or away from the nearer border where it goes up and down. */
function bow(a: Point, b: Point, image: { width: number; height: number }): Point[] {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const upwards = Math.abs(dx) > 0.35 * Math.abs(dy);
  const towardsMiddle = (a.x + b.x) / 2 > image.width / 2;
  const side = upwards ? (dx > 0 ? 1 : -1) : dy > 0 === towardsMiddle ? -1 : 1;
  const control = { x: (a.x + b.x) / 2 + 2 * BOW * side * dy, y: (a.y + b.y) / 2 - 2 * BOW * side * dx };
  return Array.from({ length: SHAFT_POINTS + 1 }, (_, i) => {
    const t = i / SHAFT_POINTS;
    const [p, q, r] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
    return { x: p * a.x + q * control.x + r * b.x, y: p * a.y + q * control.y + r * b.y };
  });
}

/** A triangle whose tip is the line's end. */
function head(line: readonly Point[], width: number): Point[] {
  const tip = line.at(-1)!;
  const base = trim([...line].reverse(), HEAD_LENGTH * width)[0] ?? line[0]!;
  const length = Math.max(1e-6, distance(base, tip));
  const ux = (tip.x - base.x) / length;
  const uy = (tip.y - base.y) / length;
  const half = HEAD_HALF_WIDTH * width;
  return [
    tip,
    { x: base.x - uy * half, y: base.y + ux * half },
    { x: base.x + uy * half, y: base.y - ux * half },
  ];
}

function closed(polygon: readonly Point[]): Point[] {
  return [...polygon, ...polygon.slice(0, 1)];
}

/** A closed border in dashes of nearly equal length. */
function dashes(polygon: readonly Point[], dash: number, gap: number): Point[][] {
  const border = closed(polygon);
  const total = lengthOf(border);
  const count = Math.max(2, Math.round(total / (dash + gap)));
  const period = total / count;
  const filled = (period * dash) / (dash + gap);
  return Array.from({ length: count }, (_, i) => {
    const rest = trim(border, i * period);
    return trim(rest.reverse(), total - i * period - filled).reverse();
  });
}

/** What is left of a line after a length from its beginning. */
function trim(line: readonly Point[], length: number): Point[] {
  let left = length;
  for (let i = 0; i + 1 < line.length; i++) {
    const [a, b] = [line[i]!, line[i + 1]!];
    const step = distance(a, b);
    if (step > left) {
      const t = left / step;
      return [{ x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) }, ...line.slice(i + 1)];
    }
    left -= step;
  }
  return line.slice(-1);
}

function lengthOf(line: readonly Point[]): number {
  let length = 0;
  for (let i = 0; i + 1 < line.length; i++) length += distance(line[i]!, line[i + 1]!);
  return length;
}

function distance(a: Point, b: Point): number {
  return Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2);
}
