import { eachRow, type ProbabilityMap } from './probability-map.js';
import { markPng } from './mark.js';
import { loadSharp } from './sharp.js';

/**
 * A mask as PNG: one channel of 8 bits, 0 and 255. Like every PNG here it says that `ofx` made it.
 * @param mask `height * width` bytes.
 */
export async function encodeMask(mask: Uint8Array, width: number, height: number): Promise<Buffer> {
  const sharp = await loadSharp();
  const png = await sharp(mask, rawInput(width, height, 1))
    .toColourspace('b-w')
    .png()
    .toBuffer();
  return markPng(png, 'mask');
}

/** A probability map at an image's size as PNG: one channel of 16 bits, 65535 being probability 1. */
export async function encodeProbability(map: ProbabilityMap, width: number, height: number): Promise<Buffer> {
  const sharp = await loadSharp();
  const levels = new Uint16Array(width * height);
  eachRow(map, width, height, (row, y) => {
    const start = y * width;
    for (let x = 0; x < width; x++) levels[start + x] = Math.round(row[x]! * 65535);
  });
  const png = await sharp(levels, rawInput(width, height, 1))
    .toColourspace('grey16')
    .png()
    .toBuffer();
  return markPng(png, 'probability map');
}

/**
 * An RGB image as PNG, or as JPEG of high quality.
 * @param rgb interleaved, `height * width * 3` bytes.
 */
export async function encodeRgb(
  rgb: Uint8Array,
  width: number,
  height: number,
  format: 'png' | 'jpeg',
): Promise<Buffer> {
  const sharp = await loadSharp();
  const image = sharp(rgb, rawInput(width, height, 3));
  if (format === 'png') return markPng(await image.png().toBuffer(), 'overlay');
  return image.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer();
}

function rawInput(width: number, height: number, channels: 1 | 3) {
  return { raw: { width, height, channels }, limitInputPixels: false };
}
