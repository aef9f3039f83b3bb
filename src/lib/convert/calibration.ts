import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { SHIPPED_SAMPLES } from '../core/paths.js';
import { decodeImage, type RgbImage } from '../image/decode/index.js';
import { resizeLinearOpenCv } from '../image/resize.js';
import { toTensor } from '../image/tensor.js';
import { ImageSearch } from '../inputs/find-images.js';
import { IMAGENET_NORMALISATION } from '../model/manifest.js';
import type { ParityTensor } from './parity-inputs.js';
import type { ConvertRequest } from './request.js';
import { counted } from '../text/plural.js';

/** Photos by which the ranges of int8 are found, and on which it is compared with float32. */
export interface CalibrationPhotos {
  /** How many. */
  photos: number;
  /** They as the network sees them at a size. The photos themselves are not kept: of a camera, each takes 36 MB or more. */
  tensors: (size: number) => readonly ParityTensor[];
  /** The folder's name, for reports. */
  source: string;
}

/** More do not change the ranges much, and each costs an inference at every size. */
export const MOST_PHOTOS = 32;
/** Fewer say little about the photos to come. */
const FEW_PHOTOS = 8;

/**
 * Reads the photos of a folder, or the shipped samples: at most {@link MOST_PHOTOS}, evenly from all of them in the order of
 * their names. Ground truth and what `ofx` wrote are left out.
 *
 * @throws {OfxError} NO_IMAGES where there is none, or none can be read; INPUT_MISSING
 */
export async function readCalibration(
  { calibration: folder, fit }: Pick<ConvertRequest, 'calibration' | 'fit'>,
  sizes: readonly number[],
  onWarning: (warning: string) => void,
  signal?: AbortSignal,
): Promise<CalibrationPhotos> {
  const files = await listPhotos(folder ?? SHIPPED_SAMPLES);
  const tensors = new Map(sizes.map((size): [number, ParityTensor[]] => [size, []]));
  let photos = 0;
  const broken: string[] = [];
  const wanted = Math.min(MOST_PHOTOS, files.length);
  for (let index = 0; index < wanted; index++) {
    signal?.throwIfAborted();
    const file = files[Math.floor((index * files.length) / wanted)]!;
    try {
      const photo = await decodeImage(file);
      photos++;
      for (const [size, all] of tensors) all.push(photoTensor(photo, size, fit));
    } catch (error) {
      if (!(error instanceof OfxError)) throw error;
      broken.push(error.message);
    }
  }
  if (photos === 0) {
    throw new OfxError(
      'NO_IMAGES',
      `None of the ${counted(wanted, 'photo')} of ${folder ?? SHIPPED_SAMPLES} can be read: ${broken[0]!}`,
      {
        suggestion: 'Give a folder with photos like those that the model will see to --calibration.',
      },
    );
  }
  if (broken.length > 0) {
    onWarning(
      `${counted(broken.length, 'photo')} of the calibration cannot be read and is left out; the first: ${broken[0]!}`,
    );
  }
  if (folder !== undefined && photos < FEW_PHOTOS) {
    onWarning(
      `The calibration has ${counted(photos, 'photo')} only: int8 cuts off values that other photos reach. ` +
        `Give ${FEW_PHOTOS} or more to --calibration.`,
    );
  }
  return {
    photos,
    tensors: (size) => tensors.get(size)!,
    source: folder === undefined ? 'samples of ofx' : path.basename(path.resolve(folder)),
  };
}

async function listPhotos(folder: string): Promise<string[]> {
  const search = await ImageSearch.open([folder], { photosOnly: true });
  try {
    const files: string[] = [];
    for await (const { image, error } of search.files()) if (!error) files.push(image);
    if (files.length === 0) {
      throw new OfxError('NO_IMAGES', `${folder} holds no photos for --calibration.`, {
        suggestion: 'Give a folder with photos like those that the model will see to --calibration.',
      });
    }
    return files.sort();
  } finally {
    await search.close();
  }
}

/** A photo as the network sees it, stretched to a square: free shapes have sides that are multiples of 16. */
function photoTensor(photo: RgbImage, size: number, fit: ConvertRequest['fit']): ParityTensor {
  const { mean, std } = IMAGENET_NORMALISATION;
  const side = fit === 'free' ? size - (size % 16) : size;
  return { width: side, height: side, data: toTensor(resizeLinearOpenCv(photo, side, side), mean, std) };
}
