import { OfxError } from '../../core/errors.js';
import type { Pixels, SizeCheck } from '../pixels.js';
import { decodeRunLengths, type RunLengths } from './bmp-rle.js';

/** Values of the header's field Compression. */
const PLAIN = 0;
const RLE8 = 1;
const RLE4 = 2;
/** Another file inside, which only printers are given. */
const EMBEDDED: Readonly<Record<number, string>> = { 4: 'JPEG', 5: 'PNG' };
const BITS = new Set([1, 4, 8, 16, 24, 32]);

/** Where the pixels of a BMP file lie, and how. */
interface BmpHeader extends RunLengths {
  /** Rows from the top; most files begin with the last row. */
  topDown: boolean;
  bits: number;
  compression: number;
}

/**
 * Decodes a BMP file: 1 to 32 bits, palettes, bit fields, run lengths, either row order. What has no palette and no bit
 * fields needs no more than copying, and run lengths are read as OpenCV reads them; the rest is left to libnsbmp, which is
 * compiled to WebAssembly.
 *
 * Bit fields are honoured, whatever their order. OpenCV takes 32-bit pixels for blue, green, red, alpha whatever their
 * masks say.
 *
 * @throws {OfxError} IMAGE_UNSUPPORTED
 * @throws Error where the file is damaged; RangeError where there is no memory for WebAssembly.
 */
export async function decodeBmp(file: Uint8Array, name: string, checkSize: SizeCheck): Promise<Pixels> {
  const header = readHeader(file);
  const { width, height, compression, bits } = header;
  const embedded = EMBEDDED[compression];
  if (embedded !== undefined || !BITS.has(bits)) {
    const what = embedded === undefined ? `a BMP of ${bits} bits a pixel` : `a BMP around a ${embedded} file`;
    throw new OfxError('IMAGE_UNSUPPORTED', `${name} is ${what}, which ofx does not read.`, {
      suggestion: 'Convert it to PNG without changing its size.',
    });
  }
  checkSize(width, height);
  if (compression === PLAIN && (bits === 24 || bits === 32))
    return { width, height, channels: 3, data: copyRows(header) };
  if (compression === RLE8 || compression === RLE4) {
    return { width, height, channels: 3, data: decodeRunLengths(header, compression === RLE8 ? 8 : 4) };
  }
  const { decode } = await import('@cwasm/nsbmp');
  return { width, height, channels: 3, data: dropFourth(decode(file).data) };
}

function readHeader(file: Uint8Array): BmpHeader {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const size = view.getUint32(14, true);
  const isOs2 = size === 12;
  const width = isOs2 ? view.getUint16(18, true) : view.getInt32(18, true);
  const rows = isOs2 ? view.getInt16(20, true) : view.getInt32(22, true);
  if (width <= 0 || rows === 0) throw new Error('it claims a size of nothing');
  const bits = view.getUint16(isOs2 ? 24 : 28, true);
  const compression = isOs2 || size < 20 ? PLAIN : view.getUint32(30, true);
  const start = view.getUint32(10, true);
  return {
    width,
    height: Math.abs(rows),
    topDown: rows < 0,
    bits,
    compression,
    palette: file.subarray(14 + size, Math.max(14 + size, start)),
    pixels: file.subarray(start),
  };
}

/** Blue, green, red, and of 32 bits a byte that is passed over; rows are padded to four bytes. */
function copyRows({ width, height, topDown, bits, pixels }: BmpHeader): Uint8Array {
  const step = bits / 8;
  const pitch = Math.ceil((width * step) / 4) * 4;
  if (pixels.length < pitch * (height - 1) + width * step) throw new Error('it ends before its last row');
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    let from = pitch * (topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++, from += step) {
      rgb[to++] = pixels[from + 2]!;
      rgb[to++] = pixels[from + 1]!;
      rgb[to++] = pixels[from]!;
    }
  }
  return rgb;
}

function dropFourth(rgba: Uint8Array | Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from]!;
    rgb[to++] = rgba[from + 1]!;
    rgb[to++] = rgba[from + 2]!;
  }
  return rgb;
}
