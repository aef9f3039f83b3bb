import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import type { Dataset } from '../dataset/sample.js';
import { exists } from '../files/exists.js';
import { decodeImage, type RgbImage } from '../image/decode/index.js';
import { readGroundTruth, type GroundTruth } from '../image/ground-truth.js';
import { resizeLinearOpenCv } from '../image/resize.js';
import { toTensor } from '../image/tensor.js';
import { inputShape, padToShape } from '../model/input-shape.js';
import { IMAGENET_NORMALISATION, type Fit } from '../model/manifest.js';
import { SHIPPED_SAMPLES } from '../core/paths.js';

/** A photo that two runtimes are compared on. */
export interface ParityPhoto {
  name: string;
  file: string;
  image: RgbImage;
  /** Which pixels were manipulated, where that is known. */
  truth: GroundTruth | null;
  /** Whether it may be shown in what goes with the model: photos of somebody's data set are not ours to give away. */
  shown: boolean;
}

/** Images that two runtimes are compared on. */
export interface ParityInputs {
  /** The shipped samples, and photos of a data set. */
  photos: ParityPhoto[];
  /** Seeds of images of noise. */
  noise: number[];
}

/** Photos of a data set with ground truth that are looked at, too. */
const OF_DATASET = 8;

/**
 * @param dataset - adds a few of its photos that have ground truth, evenly from all of them; those that cannot be read are
 *   left out, as validation tells of them
 */
export async function parityInputs(dataset?: Dataset): Promise<ParityInputs> {
  const names = (await readdir(SHIPPED_SAMPLES)).filter(
    (name) => /\.(jpe?g|png)$/i.test(name) && !/mask/i.test(name),
  );
  const samples = await Promise.all(
    names.sort().map(async (name) => {
      const mask = path.join(SHIPPED_SAMPLES, `${path.parse(name).name}_mask.png`);
      return readPhoto(name, path.join(SHIPPED_SAMPLES, name), (await exists(mask)) ? mask : null);
    }),
  );
  const known = dataset?.samples.filter(({ mask }) => mask !== null) ?? [];
  const wanted = Math.min(OF_DATASET, known.length);
  for (let index = 0; index < wanted; index++) {
    const { name, image, mask } = known[Math.floor((index * known.length) / wanted)]!;
    try {
      samples.push({ ...(await readPhoto(name, image, mask)), shown: false });
    } catch (error) {
      if (!(error instanceof OfxError)) throw error;
    }
  }
  return { photos: samples, noise: [1, 2] };
}

async function readPhoto(name: string, file: string, mask: string | null): Promise<ParityPhoto> {
  return {
    name,
    file,
    image: await decodeImage(file),
    truth: mask === null ? null : await readGroundTruth(mask),
    shown: true,
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
    ...photos.map(({ image }) => {
      const shape = inputShape(image, size, { fit });
      const { width, height } = shape.covered;
      return { shape, rgb: padToShape(resizeLinearOpenCv(image, width, height), shape) };
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
