import type { ProbabilityMap } from './probability-map.js';

/**
 * The mirror image: left and right exchanged.
 *
 * @param pixels - rows from the top, `channels` values a pixel
 */
export function mirror<Samples extends Uint8Array | Float32Array>(
  pixels: Samples,
  width: number,
  channels: number,
): Samples {
  // Not slice(): that of a Buffer shares its bytes.
  const { length } = pixels;
  const out = (pixels instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length)) as Samples;
  const stride = width * channels;
  for (let row = 0; row < length; row += stride) {
    for (let x = 0; x < width; x++) {
      const from = row + x * channels;
      const to = row + (width - 1 - x) * channels;
      for (let channel = 0; channel < channels; channel++) out[to + channel] = pixels[from + channel]!;
    }
  }
  return out;
}

/** The mean of an image's map and the map of its mirror image, which is laid over it. */
export function meanWithMirrored(
  { width, height, data }: ProbabilityMap,
  ofMirror: ProbabilityMap,
): ProbabilityMap {
  const back = mirror(ofMirror.data, width, 1);
  return { width, height, data: data.map((probability, i) => (probability + back[i]!) / 2) };
}
