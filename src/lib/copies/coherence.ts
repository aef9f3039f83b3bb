import { PATCH, STEP, type Descriptors } from './descriptors.js';
import type { Field } from './field.js';

/** Neighbouring patches whose matches are neighbours, too: a candidate for a copy. */
export interface Piece {
  /** Indices of patches. */
  nodes: Int32Array;
}

/** Neighbours looked at on each side of a patch. */
const REACH = 2;
/** Of the 24 neighbours so many must move along. */
const AGREEING = 14;
/** Largest difference of shifts that counts as the same, in patches of STEP pixels. */
const TOLERANCE = 1;
/** Largest distance to the match, as a share of a patch's own contrast. */
const DISTANCE_SHARE = 0.5;

export interface PieceOptions {
  /** Pieces of fewer patches are dropped. */
  minNodes: number;
  /** Only so many, the largest ones. */
  most: number;
}

/** Connected pieces of the field that move as one, largest first. */
export function findPieces(
  field: Field,
  descriptors: Descriptors,
  { minNodes, most }: PieceOptions,
): Piece[] {
  const { columns, rows, match, distance } = field;
  const count = columns * rows;
  const shiftX = new Int16Array(count);
  const shiftY = new Int16Array(count);
  for (let i = 0; i < count; i++) {
    const m = match[i]!;
    if (m < 0) {
      // No shift is that large: agrees with nobody's.
      shiftX[i] = 30000;
      continue;
    }
    const y = (i / columns) | 0;
    const my = (m / columns) | 0;
    shiftX[i] = m - my * columns - (i - y * columns);
    shiftY[i] = my - y;
  }
  const keep = new Uint8Array(count);
  for (let y = REACH; y < rows - REACH; y++) {
    for (let x = REACH; x < columns - REACH; x++) {
      const i = y * columns + x;
      if (match[i]! < 0 || distance[i]! >= DISTANCE_SHARE * DISTANCE_SHARE * descriptors.contrast[i]!)
        continue;
      let agreeing = -1;
      for (let v = -REACH; v <= REACH; v++) {
        const row = i + v * columns;
        for (let j = row - REACH; j <= row + REACH; j++) {
          if (same(shiftX[j]! - shiftX[i]!) && same(shiftY[j]! - shiftY[i]!)) agreeing++;
        }
      }
      if (agreeing >= AGREEING) keep[i] = 1;
    }
  }

  const pieces: Piece[] = [];
  const stack = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    if (keep[i] !== 1) continue;
    // The stack is read again as the list of what was visited.
    let end = 1;
    stack[0] = i;
    keep[i] = 2;
    for (let next = 0; next < end; next++) {
      const p = stack[next]!;
      const y = (p / columns) | 0;
      const x = p - y * columns;
      // Kept patches keep a distance of REACH from the border.
      for (let v = -1; v <= 1; v++) {
        for (let u = -1; u <= 1; u++) {
          const j = (y + v) * columns + x + u;
          if (keep[j] !== 1 || !same(shiftX[j]! - shiftX[p]!) || !same(shiftY[j]! - shiftY[p]!)) continue;
          keep[j] = 2;
          stack[end++] = j;
        }
      }
    }
    if (end >= minNodes) pieces.push({ nodes: stack.slice(0, end) });
  }
  pieces.sort((a, b) => b.nodes.length - a.nodes.length || a.nodes[0]! - b.nodes[0]!);
  return pieces.slice(0, most);
}

function same(difference: number): boolean {
  return difference <= TOLERANCE && difference >= -TOLERANCE;
}

/** Centres of a piece's patches and of their matches, in pixels: x, y, x', y'. */
export function correspondences({ nodes }: Piece, { columns, match }: Field): Float64Array {
  const pairs = new Float64Array(nodes.length * 4);
  const centre = (PATCH - 1) / 2;
  nodes.forEach((node, i) => {
    const y = Math.floor(node / columns);
    const other = match[node]!;
    const otherY = Math.floor(other / columns);
    pairs[4 * i] = (node - y * columns) * STEP + centre;
    pairs[4 * i + 1] = y * STEP + centre;
    pairs[4 * i + 2] = (other - otherY * columns) * STEP + centre;
    pairs[4 * i + 3] = otherY * STEP + centre;
  });
  return pairs;
}
