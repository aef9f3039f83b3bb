import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';

/** Side of the pictures, which is the tiny model's smallest: nothing is resized, so that answers can be computed by hand. */
export const SIDE = 64;

/** A rectangle in pixels: left, top, width, height. */
export type Rectangle = readonly [number, number, number, number];

/** A picture that is black but for white rectangles, or a mask. */
export async function drawRectangles(
  file: string,
  rectangles: readonly Rectangle[],
  [width, height]: readonly [number, number] = [SIDE, SIDE],
): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const data = new Uint8Array(width * height);
  for (const [left, top, w, h] of rectangles) {
    for (let y = top; y < top + h; y++) data.fill(255, y * width + left, y * width + left + w);
  }
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(file);
}

/**
 * A data set for the tiny model, which marks what is white: with a split file, in which tampered and authentic images
 * take turns. Image i of the tampered ones is found but for a stripe that grows with i.
 */
export async function makeDataset(folder: string, images: number): Promise<void> {
  const lines: string[] = [];
  for (let i = 0; i < images; i++) {
    const name = `images/${String(i).padStart(3, '0')}.png`;
    if (i % 2 === 0) {
      await drawRectangles(path.join(folder, name), [[8, 8, 40, 40 - (i % 32)]]);
      await drawRectangles(path.join(folder, `masks/${i}.png`), [[8, 8, 40, 40]]);
      lines.push(`${name}\tmasks/${i}.png\t1`);
    } else {
      await drawRectangles(path.join(folder, name), [[0, 0, SIDE, i % SIDE]]);
      lines.push(`${name}\tNone\t0`);
    }
  }
  await writeFile(path.join(folder, 'split.txt'), `${lines.join('\n')}\n`);
}
