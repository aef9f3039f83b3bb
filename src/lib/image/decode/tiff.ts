/** What the first channel beyond the colours of a TIFF file means. */
export type TiffAlpha = 'none' | 'unspecified' | 'premultiplied' | 'straight';

/** Values of the tag ExtraSamples, TIFF 6.0 page 31. */
const MEANINGS: readonly TiffAlpha[] = ['unspecified', 'premultiplied', 'straight'];
const EXTRA_SAMPLES = 338;

/** Values of the tag Compression: JPEG as in TIFF 6.0, and as in its technical note 2. */
const JPEG_COMPRESSIONS: readonly (number | undefined)[] = [6, 7];
const COMPRESSION = 259;

/**
 * Reads the tag ExtraSamples of the first page. It matters because libtiff multiplies colours with a straight alpha, and
 * because libvips divides them by a premultiplied one; a selection that somebody saved is "unspecified".
 *
 * @param file a TIFF or BigTIFF file that a decoder accepts.
 */
export function tiffAlpha(file: Uint8Array): TiffAlpha {
  const value = firstShort(file, EXTRA_SAMPLES);
  return value === undefined ? 'none' : (MEANINGS[value] ?? 'unspecified');
}

/** Whether the first page holds JPEG data, which change grey levels a little. */
export function isJpegTiff(file: Uint8Array): boolean {
  return JPEG_COMPRESSIONS.includes(firstShort(file, COMPRESSION));
}

/** The first value of a tag of the first page that holds numbers of 16 bits; undefined where it has no such tag. */
function firstShort(file: Uint8Array, tag: number): number | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = file[0] === 0x49;
  const big = view.getUint16(2, little) === 43;
  // Classic files count entries in 16 bits and have 12 bytes an entry; BigTIFF 64 bits and 20 bytes.
  const page = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  const entries = big ? Number(view.getBigUint64(page, little)) : view.getUint16(page, little);
  const first = page + (big ? 8 : 2);
  const size = big ? 20 : 12;
  for (let at = first; at < first + entries * size; at += size) {
    if (view.getUint16(at, little) !== tag) continue;
    const count = big ? Number(view.getBigUint64(at + 4, little)) : view.getUint32(at + 4, little);
    const value = at + (big ? 12 : 8);
    // Values of 16 bits stay in the entry where they fit, otherwise a pointer does.
    const fits = count * 2 <= (big ? 8 : 4);
    const pointer = big ? Number(view.getBigUint64(value, little)) : view.getUint32(value, little);
    return view.getUint16(fits ? value : pointer, little);
  }
  return undefined;
}
