/** A similarity: (x, y) → (a·x − b·y + tx, b·x + a·y + ty). Pixels of the working image. */
export interface Similarity {
  a: number;
  b: number;
  tx: number;
  ty: number;
}

export function translation(tx: number, ty: number): Similarity {
  return { a: 1, b: 0, tx, ty };
}

export function invert({ a, b, tx, ty }: Similarity): Similarity {
  const n = a * a + b * b;
  const ia = a / n;
  const ib = -b / n;
  return { a: ia, b: ib, tx: -(ia * tx - ib * ty), ty: -(ib * tx + ia * ty) };
}

/** Corresponding points, flat: x, y, x', y'. */
export type Pairs = readonly number[] | Float64Array;

/** The similarity that brings the first points of pairs nearest to the second ones (least squares, closed form). */
export function fitSimilarity(pairs: Pairs): Similarity {
  const n = pairs.length / 4;
  let mx = 0,
    my = 0,
    ux = 0,
    uy = 0;
  for (let i = 0; i < pairs.length; i += 4) {
    mx += pairs[i]!;
    my += pairs[i + 1]!;
    ux += pairs[i + 2]!;
    uy += pairs[i + 3]!;
  }
  mx /= n;
  my /= n;
  ux /= n;
  uy /= n;
  let dot = 0,
    cross = 0,
    square = 0;
  for (let i = 0; i < pairs.length; i += 4) {
    const x = pairs[i]! - mx,
      y = pairs[i + 1]! - my;
    const u = pairs[i + 2]! - ux,
      v = pairs[i + 3]! - uy;
    dot += x * u + y * v;
    cross += x * v - y * u;
    square += x * x + y * y;
  }
  const a = square === 0 ? 1 : dot / square;
  const b = square === 0 ? 0 : cross / square;
  return { a, b, tx: ux - (a * mx - b * my), ty: uy - (b * mx + a * my) };
}

export function apply({ a, b, tx, ty }: Similarity, x: number, y: number): { x: number; y: number } {
  return { x: a * x - b * y + tx, y: b * x + a * y + ty };
}
