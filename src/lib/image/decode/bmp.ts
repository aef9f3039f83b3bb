import type { Pixels, SizeCheck } from '../pixels.js';

const RLE8 = 1;
const RLE4 = 2;

/**
 * Decodes a BMP file with libnsbmp, which sharp lacks: 1 to 32 bits, palettes, bit fields, run lengths, either row order.
 * @throws Error where the file is damaged.
 */
export async function decodeBmp(file: Uint8Array, checkSize: SizeCheck): Promise<Pixels> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const os2 = view.getUint32(14, true) === 12;
  const width = os2 ? view.getUint16(18, true) : view.getInt32(18, true);
  const height = Math.abs(os2 ? view.getInt16(20, true) : view.getInt32(22, true));
  checkSize(width, height);
  const compression = os2 ? 0 : view.getUint32(30, true);
  const { decode } = await import('@cwasm/nsbmp');
  if (compression !== RLE8 && compression !== RLE4) {
    return { width, height, channels: 3, data: dropFourth(decode(file).data) };
  }
  // Many writers end the last row of run lengths, too, with an end-of-line mark, which libnsbmp takes for a row that the
  // picture has no room for. One row more, which stays empty at the top of these always bottom-up pictures, makes room.
  const taller = Uint8Array.from(file);
  new DataView(taller.buffer).setInt32(22, height + 1, true);
  return { width, height, channels: 3, data: dropFourth(decode(taller).data.subarray(width * 4)) };
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
