import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { decodeImage, type RgbImage } from '../image/decode/index.js';
import { resizeLinearOpenCv } from '../image/resize.js';
import { toTensor } from '../image/tensor.js';
import { IMAGENET_NORMALISATION } from '../model/manifest.js';
import { SHIPPED_SAMPLES } from '../core/paths.js';

/** Pictures that two runtimes are compared on. */
export interface ParityInputs {
  /** The shipped samples. */
  photos: RgbImage[];
  /** Seeds of images of noise. */
  noise: number[];
}

export async function parityInputs(): Promise<ParityInputs> {
  const names = (await readdir(SHIPPED_SAMPLES)).filter(
    (name) => /\.(jpe?g|png)$/i.test(name) && !/mask/i.test(name),
  );
  return {
    photos: await Promise.all(names.sort().map((name) => decodeImage(path.join(SHIPPED_SAMPLES, name)))),
    noise: [1, 2],
  };
}

export function countInputs({ photos, noise }: ParityInputs): number {
  return photos.length + noise.length;
}

/** The inputs as the network sees them: (N, 3, size, size), one (3, size, size) after the other. */
export function parityTensors({ photos, noise }: ParityInputs, size: number): Float32Array[] {
  const { mean, std } = IMAGENET_NORMALISATION;
  const pixels = [
    ...photos.map((photo) => resizeLinearOpenCv(photo, size, size)),
    ...noise.map((seed) => noisePixels(size, seed)),
  ];
  return pixels.map((rgb) => toTensor(rgb, mean, std));
}

/** Bytes of xorshift32 (G. Marsaglia, "Xorshift RNGs", 2003), the same ones at every conversion. */
function noisePixels(size: number, seed: number): Uint8Array {
  let state = (seed * 0x9e3779b9) >>> 0;
  return Uint8Array.from({ length: size * size * 3 }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 24;
  });
}
