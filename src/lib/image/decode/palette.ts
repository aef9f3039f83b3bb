import { crc32 } from 'node:zlib';
import type { ImageFormat } from './formats.js';
import { readChunks } from './png.js';
import { readTiff, TAGS } from './tiff.js';

/**
 * An indexed image with another palette: its first colour black, all others white. Programs that write class numbers
 * without a thought for the palette leave one behind in which every colour is black.
 *
 * @param page counted from 1
 * @returns nothing where the image has no palette
 */
export function withBlackAndWhitePalette(
  file: Uint8Array,
  format: ImageFormat,
  page: number,
): Uint8Array | undefined {
  if (format === 'png') return repaintPng(file);
  if (format === 'gif') return repaintGif(file);
  if (format === 'bmp') return repaintBmp(file);
  return format === 'tiff' ? repaintTiff(file, page) : undefined;
}

function repaintPng(file: Uint8Array): Uint8Array | undefined {
  const palette = readChunks(file).find(({ type }) => type === 'PLTE');
  const [depth, colourType] = [file[24]!, file[25]];
  if (palette === undefined || colourType !== 3) return undefined;
  // Indices may go beyond the palette that is there.
  const colours = Buffer.alloc(3 << depth, 255).fill(0, 0, 3);
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from('PLTE'), colours, Buffer.alloc(4)]);
  chunk.writeUInt32BE(colours.length, 0);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return Buffer.concat([file.subarray(0, palette.start), chunk, file.subarray(palette.end)]);
}

const GIF_PALETTE = 13;

function repaintGif(file: Uint8Array): Uint8Array | undefined {
  const flags = file[10]!;
  if ((flags & 0x80) === 0) return undefined;
  return Buffer.from(file)
    .fill(255, GIF_PALETTE, GIF_PALETTE + 3 * (2 << (flags & 7)))
    .fill(0, GIF_PALETTE, GIF_PALETTE + 3);
}

function repaintBmp(file: Uint8Array): Uint8Array | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const header = view.getUint32(14, true);
  const [start, bytes] = [14 + header, header === 12 ? 3 : 4];
  const end = view.getUint32(10, true);
  if (view.getUint16(header === 12 ? 24 : 28, true) > 8 || end <= start) return undefined;
  return Buffer.from(file)
    .fill(255, start, end)
    .fill(0, start, start + bytes);
}

function repaintTiff(file: Uint8Array, page: number): Uint8Array | undefined {
  const tiff = readTiff(file);
  const directory = tiff?.pages[page - 1];
  const entry = directory?.entries.get(TAGS.palette);
  if (tiff === undefined || directory === undefined || entry === undefined) return undefined;
  const colours = directory.numbers(TAGS.palette).length / 3;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const big = view.getUint16(2, tiff.littleEndian) === 43;
  // Too long to stand in the entry itself.
  const start = big
    ? Number(view.getBigUint64(entry + 12, tiff.littleEndian))
    : view.getUint32(entry + 8, tiff.littleEndian);
  const copy = Buffer.from(file).fill(255, start, start + 6 * colours);
  for (const channel of [0, 1, 2])
    copy.fill(0, start + 2 * channel * colours, start + 2 * channel * colours + 2);
  return copy;
}
