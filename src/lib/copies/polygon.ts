import type { Point } from './outline.js';

/**
 * Calls back with every stretch of pixels whose centres lie in a polygon (even–odd rule), row by row.
 *
 * @param polygon - in pixels of the raster, (0, 0) being the corner of the first one
 * @param visit - with the row, the first pixel, and the one behind the last
 */
export function eachSpan(
  polygon: readonly Point[],
  width: number,
  height: number,
  visit: (y: number, start: number, end: number) => void,
): void {
  let top = Infinity;
  let bottom = -Infinity;
  for (const { y } of polygon) {
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const first = Math.max(0, Math.ceil(top - 0.5));
  const last = Math.min(height - 1, Math.floor(bottom - 0.5));
  for (let y = first; y <= last; y++) {
    const crossings = crossingsAt(polygon, y + 0.5);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const start = Math.max(0, Math.ceil(crossings[k]! - 0.5));
      const end = Math.min(width, Math.ceil(crossings[k + 1]! - 0.5));
      if (end > start) visit(y, start, end);
    }
  }
}

function crossingsAt(polygon: readonly Point[], y: number): number[] {
  const crossings: number[] = [];
  polygon.forEach((p, i) => {
    const q = polygon[(i + 1) % polygon.length]!;
    if (p.y <= y === q.y <= y) return;
    crossings.push(p.x + ((y - p.y) / (q.y - p.y)) * (q.x - p.x));
  });
  return crossings.sort((a, b) => a - b);
}

/** Centre of mass; of a polygon without area the mean of its corners. */
export function centroid(polygon: readonly Point[]): Point {
  let area = 0;
  let x = 0;
  let y = 0;
  polygon.forEach((p, i) => {
    const q = polygon[(i + 1) % polygon.length]!;
    const cross = p.x * q.y - q.x * p.y;
    area += cross;
    x += (p.x + q.x) * cross;
    y += (p.y + q.y) * cross;
  });
  if (area !== 0) return { x: x / (3 * area), y: y / (3 * area) };
  const n = Math.max(1, polygon.length);
  return {
    x: polygon.reduce((sum, p) => sum + p.x, 0) / n,
    y: polygon.reduce((sum, p) => sum + p.y, 0) / n,
  };
}

export function contains(polygon: readonly Point[], { x, y }: Point): boolean {
  return crossingsAt(polygon, y).filter((crossing) => crossing <= x).length % 2 === 1;
}
