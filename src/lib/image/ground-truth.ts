import { OfxError } from '../core/errors.js';
import { readInput } from '../files/read.js';
import { withBlackAndWhitePalette } from './decode/palette.js';
import { isLossy } from './decode/lossy.js';
import { storedSamples } from './decode/stored-samples.js';
import { decodeSamples, DEFAULT_LIMITS, onlyPicture, openImage, type ImageLimits } from './decode/samples.js';
import type { Pixels } from './pixels.js';
import { readTruth, UnclearTruth, type TruthReading } from './truth-reading.js';

/** An image in grey levels. */
export interface GreyImage {
  width: number;
  height: number;
  /** Rows from the top, `height * width` bytes. */
  data: Uint8Array;
}

/** A ground-truth mask; which of its grey levels count as manipulated is the metric's business. */
export interface GroundTruth extends GreyImage {
  /** How the file was understood. All but `grey` hold 0 and 255 only. */
  reading: TruthReading;
}

/** What is marked in a mask that is not read by its grey levels. */
const MARKED = 255;

/**
 * Reads a ground-truth mask. A grey one comes out as OpenCV's `imread(IMREAD_GRAYSCALE)` gives it; where a mask holds class
 * numbers, colours or an alpha channel instead, what its maker marked comes out as 255, the rest as 0.
 *
 * @throws {OfxError} DATASET_INVALID where what a mask means cannot be told, SEVERAL_PAGES, and as `decodeImage`
 */
export async function readGroundTruth(
  source: string | Uint8Array,
  limits: Partial<ImageLimits> = {},
): Promise<GroundTruth> {
  const name = typeof source === 'string' ? source : 'The mask';
  const bytes =
    typeof source === 'string' ? await readInput(source, limits.maxBytes ?? DEFAULT_LIMITS.maxBytes) : source;
  const file = await openImage(bytes, limits, name);
  if (file.format === 'pdf') {
    throw new OfxError('IMAGE_UNSUPPORTED', `${name} is a PDF document, which is no ground truth.`, {
      suggestion: 'Save it as a PNG of the size of its photo.',
    });
  }
  const picture = onlyPicture(file);
  const decoded = await picture.decode();
  const { width, height, format } = decoded;
  if (decoded.oddities.includes('animation')) {
    throw new OfxError('SEVERAL_PAGES', `${name} is an animation, where one image is expected.`, {
      suggestion: 'Save the frame that is the ground truth as an image of its own.',
    });
  }
  try {
    const stored = await storedSamples(bytes, decoded, picture.page);
    const lossy = isLossy(bytes, format, picture.page);
    const { reading, marks } = readTruth({ width, height, lossy, ...stored });
    if (reading === 'black') {
      const indices = withBlackAndWhitePalette(bytes, format, picture.page);
      if (indices) return await readIndices(indices);
    }
    if (marks) return { width, height, data: marks.map((mark) => mark * MARKED), reading };
    const grey = stored.samples instanceof Uint16Array ? decoded : { ...stored, data: stored.samples };
    return { width, height, data: greyLevels(grey), reading };
  } catch (error) {
    if (!(error instanceof UnclearTruth)) throw error;
    throw new OfxError('DATASET_INVALID', `${name} cannot be read with certainty: ${error.message}.`, {
      cause: error,
      suggestion: 'Save it as a grey image in which what was manipulated is 255 and the rest is 0.',
    });
  }
}

/** A mask by the numbers of its palette's colours, where the colours themselves show nothing. */
async function readIndices(repainted: Uint8Array): Promise<GroundTruth> {
  const { width, height, channels, data } = await decodeSamples(repainted, { maxPixels: Infinity });
  const marks = Uint8Array.from({ length: width * height }, (_, pixel) => data[pixel * channels]!);
  return { width, height, data: marks, reading: marks.includes(MARKED) ? 'dark' : 'black' };
}

/** The grey levels of a decoded image, as OpenCV's `imread(IMREAD_GRAYSCALE)` gives them. */
export function greyLevels({ channels, data }: Pick<Pixels, 'channels' | 'data'>): Uint8Array {
  return channels === 1 ? data : brightness(data);
}

/** ITU-R BT.601 brightness in OpenCV's 14-bit fixed-point arithmetic. */
function brightness(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0, from = 0; i < grey.length; i++, from += 3) {
    grey[i] = (rgb[from]! * 4899 + rgb[from + 1]! * 9617 + rgb[from + 2]! * 1868 + (1 << 13)) >> 14;
  }
  return grey;
}
