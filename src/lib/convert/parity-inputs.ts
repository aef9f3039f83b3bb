import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { decodeImage, type RgbImage } from '../image/decode/index.js';
import { resizeLinearOpenCv } from '../image/resize.js';
import { toTensor } from '../image/tensor.js';
import { inputShape, padToShape } from '../model/input-shape.js';
import { IMAGENET_NORMALISATION, type Fit } from '../model/manifest.js';
import { SHIPPED_SAMPLES } from '../core/paths.js';

/** Images that two runtimes are compared on. */
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

/** One input as the network sees it: (3, height, width). */
export interface ParityTensor {
  width: number;
  height: number;
  data: Float32Array;
}

/** The photos in the shapes that the fit gives them, and squares of noise. */
export function parityTensors(
  { photos, noise }: ParityInputs,
  size: number,
  fit: Fit = 'stretch',
): ParityTensor[] {
  const { mean, std } = IMAGENET_NORMALISATION;
  const square = inputShape({ width: size, height: size }, size, { fit });
  return [
    ...photos.map((photo) => {
      const shape = inputShape(photo, size, { fit });
      const { width, height } = shape.covered;
      return { shape, rgb: padToShape(resizeLinearOpenCv(photo, width, height), shape) };
    }),
    ...noise.map((seed) => ({ shape: square, rgb: noisePixels(square, seed) })),
  ].map(({ shape: { width, height }, rgb }) => ({ width, height, data: toTensor(rgb, mean, std) }));
}

/** Bytes of xorshift32 (G. Marsaglia, "Xorshift RNGs", 2003), the same ones at every conversion. */
function noisePixels({ width, height }: { width: number; height: number }, seed: number): Uint8Array {
  let state = (seed * 0x9e3779b9) >>> 0;
  return Uint8Array.from({ length: width * height * 3 }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 24;
  });
}
