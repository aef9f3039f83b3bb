/** What the first channel beyond the colours of a TIFF file means. */
export type TiffAlpha = 'none' | 'unspecified' | 'premultiplied' | 'straight';

/** Values of the tag ExtraSamples, TIFF 6.0 page 31. */
const MEANINGS: readonly TiffAlpha[] = ['unspecified', 'premultiplied', 'straight'];
const EXTRA_SAMPLES = 338;

/**
 * Reads the tag ExtraSamples of the first page. It matters because libtiff multiplies colours with a straight alpha, and
 * because libvips divides them by a premultiplied one; a selection that somebody saved is "unspecified".
 *
 * @param file a TIFF or BigTIFF file that a decoder accepts.
 */
export function tiffAlpha(file: Uint8Array): TiffAlpha {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = file[0] === 0x49;
  const big = view.getUint16(2, little) === 43;
  // Classic files count entries in 16 bits and have 12 bytes an entry; BigTIFF 64 bits and 20 bytes.
  const page = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  const entries = big ? Number(view.getBigUint64(page, little)) : view.getUint16(page, little);
  const first = page + (big ? 8 : 2);
  const size = big ? 20 : 12;
  for (let at = first; at < first + entries * size; at += size) {
    if (view.getUint16(at, little) !== EXTRA_SAMPLES) continue;
    const count = big ? Number(view.getBigUint64(at + 4, little)) : view.getUint32(at + 4, little);
    const value = at + (big ? 12 : 8);
    // Values of 16 bits stay in the entry where they fit, otherwise a pointer does.
    const fits = count * 2 <= (big ? 8 : 4);
    const pointer = big ? Number(view.getBigUint64(value, little)) : view.getUint32(value, little);
    return MEANINGS[view.getUint16(fits ? value : pointer, little)] ?? 'unspecified';
  }
  return 'none';
}
