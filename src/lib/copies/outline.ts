import type { Mask } from './region.js';

export interface Point {
  x: number;
  y: number;
}

/** Corners nearer than this to the line between their neighbours are left out, in pixels of the mask. */
const SIMPLIFY = 1.1;

/**
 * The border of a mask's largest piece as a polygon along the edges of its pixels, clockwise, in pixels of the mask. Corners that
 * hardly matter are left out (Douglas and Peucker 1973).
 */
export function outline(mask: Mask): Point[] {
  const loops = trace(mask);
  let largest: Point[] = [];
  let most = 0;
  for (const loop of loops) {
    const area = Math.abs(polygonArea(loop));
    if (area > most) {
      most = area;
      largest = loop;
    }
  }
  return simplifyLoop(largest);
}

/** Cuts the corners of a polygon, twice (Chaikin 1974): what was drawn along pixels becomes a smooth line. */
export function smooth(polygon: readonly Point[]): Point[] {
  let points = [...polygon];
  for (let round = 0; round < 2; round++) {
    points = points.flatMap((p, i) => {
      const q = points[(i + 1) % points.length]!;
      return [
        { x: 0.75 * p.x + 0.25 * q.x, y: 0.75 * p.y + 0.25 * q.y },
        { x: 0.25 * p.x + 0.75 * q.x, y: 0.25 * p.y + 0.75 * q.y },
      ];
    });
  }
  return points;
}

/** Twice the signed area would be the shoelace sum; this is the area itself, positive where clockwise on a screen. */
export function polygonArea(points: readonly Point[]): number {
  let sum = 0;
  points.forEach((p, i) => {
    const q = points[(i + 1) % points.length]!;
    sum += p.x * q.y - q.x * p.y;
  });
  return sum / 2;
}

/** Follows the edges between set and other pixels, the set ones on the right hand. Each closed border is one loop. */
function trace({ width, height, data }: Mask): Point[][] {
  const set = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] === 1;
  // Upper edges of pixels, walked to the right; each loop has at least one.
  const walked = new Uint8Array(width * height);
  const loops: Point[][] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (walked[y * width + x] === 1 || !set(x, y) || set(x, y - 1)) continue;
      loops.push(walk(x, y, set, (i, j) => (walked[j * width + i] = 1)));
    }
  }
  return loops;
}

const RIGHT = 0;
const DOWN = 1;
const LEFT = 2;
const STEP_X = [1, 0, -1, 0];
const STEP_Y = [0, 1, 0, -1];

function walk(
  startX: number,
  startY: number,
  set: (x: number, y: number) => boolean,
  mark: (x: number, y: number) => void,
): Point[] {
  const loop: Point[] = [];
  let x = startX;
  let y = startY;
  let heading = RIGHT;
  do {
    if (heading === RIGHT) mark(x, y);
    x += STEP_X[heading]!;
    y += STEP_Y[heading]!;
    // The pixels ahead, to the left and to the right of the line walked.
    const [aheadLeft, aheadRight] = ahead(x, y, heading, set);
    const turn = aheadLeft ? 3 : aheadRight ? 0 : 1;
    if (turn !== 0) loop.push({ x, y });
    heading = (heading + turn) % 4;
  } while (x !== startX || y !== startY || heading !== RIGHT);
  return loop;
}

function ahead(
  x: number,
  y: number,
  heading: number,
  set: (x: number, y: number) => boolean,
): [left: boolean, right: boolean] {
  if (heading === RIGHT) return [set(x, y - 1), set(x, y)];
  if (heading === DOWN) return [set(x, y), set(x - 1, y)];
  if (heading === LEFT) return [set(x - 1, y), set(x - 1, y - 1)];
  return [set(x - 1, y - 1), set(x, y - 1)];
}

function simplifyLoop(loop: readonly Point[]): Point[] {
  if (loop.length <= 4) return [...loop];
  // Two corners far apart divide the loop into lines.
  const far = farthest(loop, loop[0]!);
  const first = simplifyLine(loop.slice(0, far + 1));
  const second = simplifyLine([...loop.slice(far), loop[0]!]);
  return [...first.slice(0, -1), ...second.slice(0, -1)];
}

function farthest(points: readonly Point[], from: Point): number {
  let best = 0;
  let most = -1;
  points.forEach((p, i) => {
    const d = (p.x - from.x) ** 2 + (p.y - from.y) ** 2;
    if (d > most) {
      most = d;
      best = i;
    }
  });
  return best;
}

function simplifyLine(line: readonly Point[]): Point[] {
  const keep = new Uint8Array(line.length);
  keep[0] = keep[line.length - 1] = 1;
  const open: [number, number][] = [[0, line.length - 1]];
  for (let part = open.pop(); part; part = open.pop()) {
    const [from, to] = part;
    const a = line[from]!;
    const b = line[to]!;
    const length = Math.sqrt((b.x - a.x) ** 2 + (b.y - a.y) ** 2);
    let most = SIMPLIFY;
    let best = -1;
    for (let i = from + 1; i < to; i++) {
      const p = line[i]!;
      const off =
        length === 0
          ? Math.sqrt((p.x - a.x) ** 2 + (p.y - a.y) ** 2)
          : Math.abs((b.x - a.x) * (a.y - p.y) - (a.x - p.x) * (b.y - a.y)) / length;
      if (off > most) {
        most = off;
        best = i;
      }
    }
    if (best < 0) continue;
    keep[best] = 1;
    open.push([from, best], [best, to]);
  }
  return line.filter((_, i) => keep[i] === 1);
}
