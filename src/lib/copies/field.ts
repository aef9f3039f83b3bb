import { LENGTH, STEP, type Descriptors } from './descriptors.js';
import { Random } from './random.js';

/** Patches nearer than this, in pixels, are alike in every image. */
export const NEAREST = 24;

/** For each patch the one elsewhere that looks most like it. */
export interface Field {
  columns: number;
  rows: number;
  /** Index of the other patch; -1 where none was looked for. */
  match: Int32Array;
  /** Squared distance of the coefficients. */
  distance: Float64Array;
}

/** Patches of a leaf of the kd-tree. */
const LEAF = 8;

/** Passes over the image, in alternating directions. */
const ROUNDS = 2;
/** Random patches near the best one that are tried in each pass. */
const SAMPLES = 2;
const RADIUS = 8;

/**
 * Looks for every patch's best match by the generalised PatchMatch of Barnes et al. (2010) that starts from the leaves of a
 * kd-tree (He and Sun 2012) instead of chance: patches that look alike mostly lie in the same leaf, their neighbours'
 * matches are neighbours, too, and few random steps do the rest.
 *
 * @param searched - 1 for each patch that takes part, as searcher and as match
 */
export function searchField(descriptors: Descriptors, searched: Uint8Array): Field {
  const { columns, rows, values } = descriptors;
  const count = columns * rows;
  const match = new Int32Array(count).fill(-1);
  const distance = new Float64Array(count).fill(Infinity);
  const far = (NEAREST / STEP) ** 2;
  const random = new Random(0x5eed);

  const nodes = new Int32Array(count);
  let n = 0;
  for (let i = 0; i < count; i++) if (searched[i]) nodes[n++] = i;
  const order = nodes.subarray(0, n);

  const consider = (node: number, x: number, y: number, other: number, ox: number, oy: number): void => {
    const dx = ox - x;
    const dy = oy - y;
    if (dx * dx + dy * dy < far) return;
    const limit = distance[node]!;
    let sum = 0;
    let a = node * LENGTH;
    let b = other * LENGTH;
    for (let k = 0; k < LENGTH; k += 7) {
      const d0 = values[a]! - values[b]!;
      const d1 = values[a + 1]! - values[b + 1]!;
      const d2 = values[a + 2]! - values[b + 2]!;
      const d3 = values[a + 3]! - values[b + 3]!;
      const d4 = values[a + 4]! - values[b + 4]!;
      const d5 = values[a + 5]! - values[b + 5]!;
      const d6 = values[a + 6]! - values[b + 6]!;
      sum += d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3 + d4 * d4 + d5 * d5 + d6 * d6;
      if (sum >= limit) return;
      a += 7;
      b += 7;
    }
    distance[node] = sum;
    match[node] = other;
  };

  forPairsInLeaves(values, order, (a, b) => {
    const ay = (a / columns) | 0,
      by = (b / columns) | 0;
    const ax = a - ay * columns,
      bx = b - by * columns;
    consider(a, ax, ay, b, bx, by);
    consider(b, bx, by, a, ax, ay);
  });

  for (let round = 0; round < ROUNDS; round++) {
    const forward = (round & 1) === 0;
    const step = forward ? 1 : -1;
    for (let j = 0; j < n; j++) {
      const node = order[forward ? j : n - 1 - j]!;
      const y = (node / columns) | 0;
      const x = node - y * columns;
      // Beside it, and above (below): its neighbour's match, moved along.
      for (let side = 0; side < 2; side++) {
        const nx = side === 0 ? x - step : x;
        const ny = side === 0 ? y : y - step;
        if (nx < 0 || ny < 0 || nx >= columns || ny >= rows) continue;
        const m = match[ny * columns + nx]!;
        if (m < 0) continue;
        const my = (m / columns) | 0;
        const ox = m - my * columns + (x - nx);
        const oy = my + (y - ny);
        if (ox < 0 || oy < 0 || ox >= columns || oy >= rows) continue;
        const other = oy * columns + ox;
        if (other === match[node] || searched[other] !== 1) continue;
        consider(node, x, y, other, ox, oy);
      }
      // The match's own match's way back.
      const m = match[node]!;
      if (m >= 0) {
        const my = (m / columns) | 0;
        if (distance[m]! > distance[node]!) {
          distance[m] = distance[node]!;
          match[m] = node;
        }
        let radius = RADIUS;
        for (let s = 0; s < SAMPLES; s++) {
          const ox = m - my * columns + random.between(-radius, radius);
          const oy = my + random.between(-radius, radius);
          radius >>= 2;
          if (ox < 0 || oy < 0 || ox >= columns || oy >= rows) continue;
          const other = oy * columns + ox;
          if (searched[other] === 1) consider(node, x, y, other, ox, oy);
        }
      }
    }
  }
  return { columns, rows, match, distance };
}

/** Calls back with every pair of patches that share a leaf of a kd-tree. */
function forPairsInLeaves(values: Int16Array, order: Int32Array, pair: (a: number, b: number) => void): void {
  const nodes = order.slice();
  const keys = new Int16Array(nodes.length);
  const split = (from: number, to: number): void => {
    if (to - from <= LEAF) {
      for (let i = from; i < to; i++) for (let j = i + 1; j < to; j++) pair(nodes[i]!, nodes[j]!);
      return;
    }
    // The dimension with the widest spread, by a few samples.
    let best = 0,
      widest = -1;
    const stride = Math.max(1, ((to - from) / 16) | 0);
    for (let d = 0; d < 15; d++) {
      let sum = 0,
        squares = 0,
        c = 0;
      for (let i = from; i < to; i += stride) {
        const v = values[nodes[i]! * LENGTH + d]!;
        sum += v;
        squares += v * v;
        c++;
      }
      const spread = squares * c - sum * sum;
      if (spread > widest) {
        widest = spread;
        best = d;
      }
    }
    for (let i = from; i < to; i++) keys[i] = values[nodes[i]! * LENGTH + best]!;
    const middle = (from + to) >> 1;
    select(keys, nodes, from, to - 1, middle);
    split(from, middle);
    split(middle, to);
  };
  split(0, nodes.length);
}

/** Quickselect (Hoare): what is smaller than the one at `middle` goes before it. */
function select(keys: Int16Array, nodes: Int32Array, left: number, right: number, middle: number): void {
  while (left < right) {
    const pivot = keys[(left + right) >> 1]!;
    let i = left,
      j = right;
    while (i <= j) {
      while (keys[i]! < pivot) i++;
      while (keys[j]! > pivot) j--;
      if (i <= j) {
        const k = keys[i]!;
        keys[i] = keys[j]!;
        keys[j] = k;
        const m = nodes[i]!;
        nodes[i] = nodes[j]!;
        nodes[j] = m;
        i++;
        j--;
      }
    }
    if (middle <= j) right = j;
    else if (middle >= i) left = i;
    else return;
  }
}
