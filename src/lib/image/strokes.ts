/** Lines of one width and filled shapes, in one colour with a rim that sets them off from any ground. */
export interface Strokes {
  /** Pixels. */
  width: number;
  /** Open lines through points. */
  lines: readonly (readonly Position[])[];
  /** Convex shapes. */
  shapes: readonly (readonly Position[])[];
  colour: Colour;
  rim: Colour;
}

export type Colour = readonly [red: number, green: number, blue: number];

/** In pixels; (0, 0) is the corner of the first pixel, and its middle is (0.5, 0.5). */
export interface Position {
  x: number;
  y: number;
}

/** Rows that are drawn at once: memory for these, however large the image is. */
const BAND = 128;
/** Width of the rim on each side, in widths of the line. */
const RIM = 0.55;

/** Draws over an RGB image, smoothly (the share of a pixel that is covered, from its distance). */
export function drawStrokes(
  rgb: Uint8Array,
  width: number,
  height: number,
  { width: lineWidth, lines, shapes, colour, rim }: Strokes,
): void {
  const half = lineWidth / 2;
  const rimWidth = Math.max(1, RIM * lineWidth);
  const reach = half + rimWidth + 1;
  const band = new Float32Array(width * BAND);
  for (let top = 0; top < height; top += BAND) {
    const window = { width, top, bottom: Math.min(height, top + BAND), distances: band };
    let touched = false;
    band.fill(Infinity);
    for (const line of lines) {
      for (let i = 0; i + 1 < line.length; i++) {
        const [a, b] = [line[i]!, line[i + 1]!];
        touched = visit(window, [a, b], reach, (x, y) => toSegment(x, y, a, b) - half) || touched;
      }
    }
    for (const shape of shapes) {
      touched = visit(window, shape, reach, (x, y) => toConvex(x, y, shape)) || touched;
    }
    if (!touched) continue;
    for (let i = 0, at = top * width * 3; i < (window.bottom - top) * width; i++, at += 3) {
      const outside = band[i]!;
      if (outside > rimWidth + 0.5) continue;
      blend(rgb, at, rim, rimWidth + 0.5 - outside);
      blend(rgb, at, colour, 0.5 - outside);
    }
  }
}

interface Window {
  width: number;
  top: number;
  /** The row behind the last one. */
  bottom: number;
  /** From each pixel's middle to the nearest of what is drawn; negative inside. */
  distances: Float32Array;
}

/** Lowers the distances around a few points; false where they lie outside. */
function visit(
  { width, top, bottom, distances }: Window,
  points: readonly Position[],
  reach: number,
  distance: (x: number, y: number) => number,
): boolean {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const left = Math.max(0, Math.floor(Math.min(...xs) - reach));
  const right = Math.min(width, Math.ceil(Math.max(...xs) + reach));
  const first = Math.max(top, Math.floor(Math.min(...ys) - reach));
  const last = Math.min(bottom, Math.ceil(Math.max(...ys) + reach));
  for (let y = first; y < last; y++) {
    for (let x = left; x < right; x++) {
      const at = (y - top) * width + x;
      const value = distance(x + 0.5, y + 0.5);
      if (value < distances[at]!) distances[at] = value;
    }
  }
  return right > left && last > first;
}

function toSegment(x: number, y: number, a: Position, b: Position): number {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const square = dx * dx + dy * dy;
  const along = square === 0 ? 0 : Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / square));
  return Math.hypot(x - a.x - along * dx, y - a.y - along * dy);
}

/** Signed: negative inside. Outside of corners a little too small, which rounds a rim's corners less. */
function toConvex(x: number, y: number, shape: readonly Position[]): number {
  let turn = 0;
  shape.forEach((a, i) => {
    const b = shape[(i + 1) % shape.length]!;
    turn += a.x * b.y - b.x * a.y;
  });
  const sign = turn >= 0 ? 1 : -1;
  let most = -Infinity;
  shape.forEach((a, i) => {
    const b = shape[(i + 1) % shape.length]!;
    const length = Math.max(1e-9, Math.hypot(b.x - a.x, b.y - a.y));
    most = Math.max(most, (sign * ((x - a.x) * (b.y - a.y) - (y - a.y) * (b.x - a.x))) / length);
  });
  return most;
}

function blend(rgb: Uint8Array, at: number, colour: Colour, coverage: number): void {
  if (coverage <= 0) return;
  const share = Math.min(1, coverage);
  for (let c = 0; c < 3; c++) rgb[at + c] = rgb[at + c]! * (1 - share) + colour[c]! * share + 0.5;
}
