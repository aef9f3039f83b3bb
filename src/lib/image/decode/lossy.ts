import type { ImageFormat } from './formats.js';
import { holdsJpeg, readTiff } from './tiff.js';

/** Whether an image was compressed in a way that changes its values a little. */
export function isLossy(file: Uint8Array, format: ImageFormat, page: number): boolean {
  if (format === 'tiff') return holdsJpeg(readTiff(file)?.pages[page - 1]);
  if (format === 'webp') return !hasLosslessChunk(file);
  return format === 'jpeg' || format === 'avif';
}

/** Looks through the chunks of a WebP file for the one that holds an image without loss. */
function hasLosslessChunk(file: Uint8Array): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 12; at + 8 <= file.length; at += 8 + view.getUint32(at + 4, true)) {
    if (at % 2 === 1) at++;
    if (bytes.toString('latin1', at, at + 4) === 'VP8L') return true;
  }
  return false;
}
