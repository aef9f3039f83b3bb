import sharp from 'sharp';
import { FONT_FAMILY, svgToRaster } from '../../../src/lib/report/raster.js';
import { paint, randomNumbers, texture, withNoise, type Picture } from './scenes.js';

/**
 * Pictures in which things look alike and nothing was copied: each window, brick or letter is drawn again, with its own grain,
 * as a camera would see it. By kind, with a seed.
 */
export const LOOKALIKES: Record<string, (seed: number) => Promise<Picture> | Picture> = {
  windows,
  bricks,
  waves,
  fence: (seed) => {
    const grain = shade(seed, 12);
    return paint(WIDTH, HEIGHT, (x, y) => (x % 17 < 8 ? 190 : 60) + (y % 61 < 5 ? -40 : 0) + grain(x, y));
  },
  checks: (seed) => {
    const grain = shade(seed, 6);
    return paint(
      WIDTH,
      HEIGHT,
      (x, y) => ((Math.floor(x / 19) + Math.floor(y / 19)) % 2 ? 200 : 50) + grain(x, y),
    );
  },
  text,
  table,
  reflection,
  sky: (seed) => {
    const grain = shade(seed, 5);
    return paint(WIDTH, HEIGHT, (x, y) => 120 + y / 3 + grain(x, y));
  },
  edges: (seed) => {
    const random = randomNumbers(seed);
    const lines = Array.from(
      { length: 5 },
      () => [random() * 3.1, random() * 300 - 100, 40 + random() * 150] as const,
    );
    return paint(WIDTH, HEIGHT, (x, y) => {
      let value = 40;
      for (const [angle, offset, level] of lines)
        if (x * Math.cos(angle) + y * Math.sin(angle) > offset) value = level;
      return value;
    });
  },
  clipped: (seed) => {
    const picture = texture(WIDTH, HEIGHT, seed, 500);
    return picture;
  },
};

export const WIDTH = 480;
export const HEIGHT = 320;

/** Saved as a photo is: noise of the camera, then JPEG. */
export async function asPhoto(picture: Picture, seed: number, quality = 90): Promise<Picture> {
  const { width, height } = picture;
  const noisy = withNoise(picture, 2, seed + 1000);
  const jpeg = await sharp(noisy.data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
  return { width, height, data: new Uint8Array(await sharp(jpeg).raw().toBuffer()) };
}

/** Light and dirt, different everywhere. */
function shade(seed: number, contrast: number): (x: number, y: number) => number {
  const { data } = texture(WIDTH, HEIGHT, seed + 500, contrast);
  return (x, y) => data[(Math.min(HEIGHT - 1, y) * WIDTH + Math.min(WIDTH - 1, x)) * 3]! - 128;
}

function windows(seed: number): Picture {
  const random = randomNumbers(seed);
  const grain = shade(seed, 20);
  const [w, h] = [28 + Math.floor(random() * 12), 36 + Math.floor(random() * 12)];
  const curtains = Array.from({ length: 400 }, () => random());
  return paint(WIDTH, HEIGHT, (x, y) => {
    const [u, v] = [x % w, y % h];
    const curtain = curtains[(Math.floor(x / w) * 19 + Math.floor(y / h)) % 400]!;
    const inside = u > 6 && u < w - 6 && v > 7 && v < h - 7;
    const bar = Math.abs(u - w / 2) < 1.5 || Math.abs(v - h / 2) < 1.5;
    const wall = 170 + grain(x, y);
    if (!inside) return v === 7 || u === 6 ? 90 : wall;
    if (bar) return 220;
    return v < h * curtain ? 110 + 30 * curtain : 45 + grain(x, y) / 3;
  });
}

function bricks(seed: number): Picture {
  const random = randomNumbers(seed);
  const grain = shade(seed, 35);
  const [w, h] = [34 + Math.floor(random() * 10), 13 + Math.floor(random() * 5)];
  const tones = Array.from({ length: 997 }, () => 60 * random() - 30);
  return paint(WIDTH, HEIGHT, (x, y) => {
    const row = Math.floor(y / h);
    const across = x + (row % 2) * Math.floor(w / 2);
    const mortar = y % h < 2 || across % w < 2;
    if (mortar) return 185 + grain(x, y) / 2;
    const tone = tones[(Math.floor(across / w) * 31 + row * 7) % 997]!;
    return [130 + tone + grain(x, y), 75 + tone + grain(x, y), 60 + tone + grain(x, y)];
  });
}

function waves(seed: number): Picture {
  const random = randomNumbers(seed);
  const parts = Array.from(
    { length: 6 },
    () => [0.02 + 0.1 * random(), 0.15 + 0.25 * random(), 6.3 * random(), 8 + 14 * random()] as const,
  );
  const grain = shade(seed, 12);
  return paint(WIDTH, HEIGHT, (x, y) => {
    let value = 110;
    for (const [u, v, phase, amplitude] of parts)
      value += amplitude * Math.sin(u * x + v * y + phase + 2 * Math.sin(0.013 * x + phase));
    return [value * 0.6, value * 0.9 + grain(x, y), value + 30 + grain(x, y)];
  });
}

async function text(seed: number): Promise<Picture> {
  const random = randomNumbers(seed);
  const words =
    'the of and house number account total date name street paid amount invoice city order page item due'.split(
      ' ',
    );
  const lines = Array.from({ length: 15 }, (_, i) => {
    const line = Array.from({ length: 9 }, () => words[Math.floor(random() * words.length)]!).join(' ');
    return `<text x="24" y="${28 + i * 19}" font-size="14" font-family="${FONT_FAMILY}">${line} ${Math.floor(random() * 99999)}</text>`;
  });
  return drawn(lines.join(''));
}

async function table(seed: number): Promise<Picture> {
  const random = randomNumbers(seed);
  const cells: string[] = [];
  for (let row = 0; row < 12; row++) {
    cells.push(`<path d="M20 ${20 + row * 24}h440" stroke="#888"/>`);
    for (let column = 0; column < 5; column++) {
      const value = (Math.floor(random() * 40) * 2.5).toFixed(2);
      cells.push(
        `<text x="${30 + column * 90}" y="${37 + row * 24}" font-size="15" font-family="${FONT_FAMILY}">${value} EUR</text>`,
      );
    }
  }
  return drawn(cells.join(''));
}

async function drawn(content: string): Promise<Picture> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><rect width="100%" height="100%" fill="#f4f2ec"/>${content}</svg>`;
  // The shipped font: what a system has would decide over the test.
  return svgToRaster(svg);
}

/** A shore and its mirror image in moving water. */
function reflection(seed: number): Picture {
  const shore = texture(WIDTH, HEIGHT, seed);
  const random = randomNumbers(seed);
  const ripple = Array.from({ length: HEIGHT }, () => Math.floor(random() * 3) - 1);
  return paint(WIDTH, HEIGHT, (x, y) => {
    const half = HEIGHT / 2;
    const from = y < half ? y : HEIGHT - 1 - y;
    const across = y < half ? x : Math.min(WIDTH - 1, Math.max(0, x + ripple[y]!));
    return shore.data[(from * WIDTH + across) * 3]! * (y < half ? 1 : 0.8);
  });
}
