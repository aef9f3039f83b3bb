/** Pictures made for the purpose, the same on every machine. RGB interleaved. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Marsaglia's xorshift32, 0 … 1. */
export function randomNumbers(seed: number): () => number {
  let x = (seed * 2654435761) | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 4294967296;
  };
}

/** A picture from a function of the pixel, grey or RGB. */
export function paint(
  width: number,
  height: number,
  colour: (x: number, y: number) => number | readonly [number, number, number],
): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 3) {
      const value = colour(x, y);
      for (let c = 0; c < 3; c++) {
        data[i + c] = Math.max(0, Math.min(255, Math.round(typeof value === 'number' ? value : value[c]!)));
      }
    }
  }
  return { width, height, data };
}

/** Noise of many sizes, as of leaves or stone: each octave half as strong and half as large as the last. */
export function texture(width: number, height: number, seed: number, contrast = 90): Picture {
  const random = randomNumbers(seed);
  const octaves = [32, 16, 8, 4, 2].map((size, k) => {
    const columns = Math.ceil(width / size) + 2;
    const grid = Float64Array.from(
      { length: columns * (Math.ceil(height / size) + 2) },
      () => random() - 0.5,
    );
    return { size, columns, grid, weight: 0.75 ** k };
  });
  return paint(width, height, (x, y) => {
    let sum = 0;
    for (const { size, columns, grid, weight } of octaves) {
      const u = Math.floor(x / size);
      const v = Math.floor(y / size);
      const fx = x / size - u;
      const fy = y / size - v;
      const at = v * columns + u;
      const upper = grid[at]! + fx * (grid[at + 1]! - grid[at]!);
      const lower = grid[at + columns]! + fx * (grid[at + columns + 1]! - grid[at + columns]!);
      sum += weight * (upper + fy * (lower - upper));
    }
    return 128 + contrast * sum;
  });
}

/** Noise of a camera, different in every pixel. */
export function withNoise(picture: Picture, deviation: number, seed: number): Picture {
  const random = randomNumbers(seed);
  const data = picture.data.map((v) => {
    const bell = random() + random() + random() + random() - 2;
    return Math.max(0, Math.min(255, Math.round(v + bell * deviation * Math.sqrt(3))));
  });
  return { ...picture, data };
}

/** Where a copy is taken from and pasted, in pixels; `angle` clockwise in degrees. */
export interface Move {
  from: { x: number; y: number };
  to: { x: number; y: number };
  /** Half axes of the ellipse that is copied, at the destination. */
  radius: { x: number; y: number };
  angle?: number;
  scale?: number;
}

/** Copies an ellipse within a picture, turned and scaled by bilinear interpolation. */
export function copyWithin(picture: Picture, { from, to, radius, angle = 0, scale = 1 }: Move): Picture {
  const { width, height } = picture;
  const data = picture.data.slice();
  const cos = Math.cos((angle * Math.PI) / 180) / scale;
  const sin = Math.sin((angle * Math.PI) / 180) / scale;
  const reach = Math.max(radius.x, radius.y);
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      if ((dx / radius.x) ** 2 + (dy / radius.y) ** 2 > 1) continue;
      const u = from.x + cos * dx + sin * dy;
      const v = from.y - sin * dx + cos * dy;
      const left = Math.floor(u);
      const top = Math.floor(v);
      for (let c = 0; c < 3; c++) {
        const at = (x: number, y: number): number =>
          picture.data[(Math.min(height - 1, y) * width + Math.min(width - 1, x)) * 3 + c]!;
        const upper = at(left, top) * (1 - (u - left)) + at(left + 1, top) * (u - left);
        const lower = at(left, top + 1) * (1 - (u - left)) + at(left + 1, top + 1) * (u - left);
        data[((to.y + dy) * width + to.x + dx) * 3 + c] = Math.round(
          upper * (1 - (v - top)) + lower * (v - top),
        );
      }
    }
  }
  return { ...picture, data };
}
