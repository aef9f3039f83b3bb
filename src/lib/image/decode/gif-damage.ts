import { firstFrame } from './gif.js';

/** Codes have 12 bits at most (GIF89a, appendix F). */
const MOST_CODES = 4096;

/**
 * What is wrong with the coded pixels of a GIF file's first frame, which libnsgif, through which sharp reads it, passes over
 * in silence: a code that means nothing, or other than as many pixels as the frame has.
 */
export function gifDamage(file: Uint8Array): string | undefined {
  const frame = firstFrame(file);
  if (frame === undefined) return undefined;
  const pixels = (frame.right - frame.left) * (frame.bottom - frame.top);
  const decoded = countPixels(file, frame.data);
  if (decoded === undefined) return 'invalid code in the image data';
  if (decoded < pixels) return 'the image data end before the last pixel';
  return decoded > pixels ? 'more image data than the image has pixels' : undefined;
}

/**
 * Decompresses as far as counting needs: how many pixels each code stands for.
 *
 * @param at where the smallest size of codes stands
 * @returns undefined where a code is not in the table
 */
function countPixels(file: Uint8Array, at: number): number | undefined {
  const clear = 1 << file[at]!;
  const lengths = new Uint32Array(MOST_CODES).fill(1, 0, clear);
  let [next, width, previous, count] = [clear + 2, file[at]! + 1, -1, 0];
  let [bits, buffer] = [0, 0];
  for (let block = at + 1; file[block]; block += file[block]! + 1) {
    const end = Math.min(block + 1 + file[block]!, file.length);
    for (let byte = block + 1; byte < end; byte++) {
      buffer |= file[byte]! << bits;
      bits += 8;
      while (bits >= width) {
        const code = buffer & ((1 << width) - 1);
        buffer >>>= width;
        bits -= width;
        if (code === clear + 1) return count;
        if (code === clear) {
          [next, width, previous] = [clear + 2, file[at]! + 1, -1];
          continue;
        }
        // The entry that is being made may be used at once.
        if (code > next || (code === next && previous < 0) || (previous < 0 && code > clear))
          return undefined;
        const length = code === next ? lengths[previous]! + 1 : lengths[code]!;
        count += length;
        if (previous >= 0 && next < MOST_CODES) {
          lengths[next++] = lengths[previous]! + 1;
          if (next === 1 << width && width < 12) width++;
        }
        previous = code;
      }
    }
  }
  return count;
}
