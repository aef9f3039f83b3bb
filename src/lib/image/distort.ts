import { decodeImage, type RgbImage } from './decode/index.js';
import { resizeLinearOpenCv } from './resize.js';
import { loadSharp } from './sharp.js';

/** What happens to photos on their way: saved again, blurred, noisy, scaled. */
export const DISTORTION_KINDS = ['jpeg', 'blur', 'noise', 'resize'] as const;
export type DistortionKind = (typeof DISTORTION_KINDS)[number];

export interface Distortion {
  kind: DistortionKind;
  /** JPEG quality; side of the Gaussian kernel; standard deviation in grey levels; share of the side that is kept. */
  level: number;
}

/** The series that the field reports, by rising strength. */
export const DISTORTIONS: readonly Distortion[] = [
  ...[100, 90, 80, 70, 60, 50].map((level) => ({ kind: 'jpeg' as const, level })),
  ...[3, 7, 11, 15, 19, 23].map((level) => ({ kind: 'blur' as const, level })),
  ...[3, 7, 11, 15, 19, 23].map((level) => ({ kind: 'noise' as const, level })),
  ...[0.78, 0.25].map((level) => ({ kind: 'resize' as const, level })),
];

/**
 * Distorts a photo. Only `resize` changes its size; what belongs to the photo has to follow.
 *
 * @param random numbers from 0 to 1 for `noise`, seeded by whoever wants the same noise again
 */
export async function distort(
  image: RgbImage,
  { kind, level }: Distortion,
  random: () => number,
): Promise<RgbImage> {
  switch (kind) {
    case 'jpeg':
      return saveAsJpeg(image, level);
    case 'blur':
      return { ...image, data: gaussianBlur(image, level) };
    case 'noise':
      return { ...image, data: addNoise(image.data, level, random) };
    case 'resize': {
      const width = Math.max(1, Math.round(image.width * level));
      const height = Math.max(1, Math.round(image.height * level));
      return { ...image, width, height, data: resizeLinearOpenCv(image, width, height) };
    }
  }
}

/** Through a JPEG file with halved chroma, as OpenCV's `imencode` writes it. */
async function saveAsJpeg(image: RgbImage, quality: number): Promise<RgbImage> {
  const sharp = await loadSharp();
  const raw = { width: image.width, height: image.height, channels: 3 as const };
  const file = await sharp(image.data, { raw, limitInputPixels: false })
    .jpeg({ quality, chromaSubsampling: '4:2:0' })
    .toBuffer();
  return decodeImage(file, { maxPixels: image.width * image.height });
}

/** OpenCV's fixed kernels for small sides, which differ a little from the formula's. */
const SMALL_KERNELS: Readonly<Record<number, readonly number[]>> = {
  1: [1],
  3: [0.25, 0.5, 0.25],
  5: [0.0625, 0.25, 0.375, 0.25, 0.0625],
  7: [0.03125, 0.109375, 0.21875, 0.28125, 0.21875, 0.109375, 0.03125],
};

/**
 * Weights of a Gaussian kernel as `cv2.getGaussianKernel(side, 0)`: sigma = 0.3 · ((side − 1) / 2 − 1) + 0.8.
 *
 * @param side odd
 */
export function gaussianKernel(side: number): readonly number[] {
  const small = SMALL_KERNELS[side];
  if (small) return small;
  const sigma = 0.3 * ((side - 1) / 2 - 1) + 0.8;
  const weights = Array.from({ length: side }, (_, i) =>
    Math.exp(-((i - (side - 1) / 2) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** As `cv2.GaussianBlur(image, (side, side), 0)`, within a grey level: borders are mirrored without repeating the edge. */
function gaussianBlur({ data, width, height }: RgbImage, side: number): Uint8Array {
  const kernel = gaussianKernel(side);
  const rows = new Float32Array(data.length);
  for (let y = 0; y < height; y++) blurLine(data, rows, y * width * 3, 3, width, kernel);
  const both = new Float32Array(data.length);
  for (let x = 0; x < width; x++) blurLine(rows, both, x * 3, width * 3, height, kernel);
  return Uint8Array.from(both, (value) => Math.min(255, Math.round(value)));
}

/** Blurs three channels along a row or a column. */
function blurLine(
  from: ArrayLike<number>,
  to: Float32Array,
  start: number,
  step: number,
  length: number,
  kernel: readonly number[],
): void {
  const reach = (kernel.length - 1) / 2;
  for (let i = 0; i < length; i++) {
    for (let channel = 0; channel < 3; channel++) {
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        sum += kernel[k + reach]! * from[start + mirrored(i + k, length) * step + channel]!;
      }
      to[start + i * step + channel] = sum;
    }
  }
}

/** …2 1 | 0 1 2 … n−1 | n−2 n−3…, also where the kernel is longer than the image. */
function mirrored(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const place = ((index % period) + period) % period;
  return place < length ? place : period - place;
}

/** Adds independent Gaussian noise to every sample, rounded and clamped. */
function addNoise(data: Uint8Array, deviation: number, random: () => number): Uint8Array {
  return data.map((value) => {
    // Box and Muller (1958); 1 − u keeps the logarithm finite.
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.min(255, Math.max(0, Math.round(value + deviation * normal)));
  });
}
