import path from 'node:path';
import { OfxError, type ErrorCode } from '../../core/errors.js';
import { readInput } from '../../files/read.js';
import { DEFAULT_LIMITS, onlyPicture, openImage, type ImageLimits } from '../../image/decode/samples.js';
import { storedSamples } from '../../image/decode/stored-samples.js';
import { decodeNpy, type NumpyArray } from '../../image/npy.js';
import type { ProbabilityMap } from '../../image/probability-map.js';

/** What somebody's model said of an image, as a file tells it. */
export interface StoredPrediction {
  map: ProbabilityMap;
  /** Where the file has one beside the map. */
  score: number | undefined;
  /** The map is an image whose brightest level is 1 of 255, or less of 65,535: perhaps a mask of zeros and ones. */
  isDark: boolean;
}

/** Under which names archives keep maps and scores, the best first: TruFor's, photoholmes', and what others write. */
const MAP_KEYS = ['map', 'heatmap', 'pred', 'prediction', 'prob', 'mask'];
const SCORE_KEYS = ['score', 'detection'];

/**
 * Reads a map or a mask: an image (8 or 16 bits), a NumPy array, or an archive of them.
 *
 * @throws {OfxError} RESULT_INVALID where the file does not hold probabilities; INPUT_MISSING, INPUT_UNREADABLE
 */
export async function readPrediction(
  file: string,
  limits: Partial<ImageLimits> = {},
): Promise<StoredPrediction> {
  const bytes = await readInput(file, limits.maxBytes ?? DEFAULT_LIMITS.maxBytes);
  try {
    switch (path.extname(file).toLowerCase()) {
      case '.npy':
        return { map: toMap(decodeNpy(bytes)), score: undefined, isDark: false };
      case '.npz':
        return await readArchive(bytes);
      default:
        return await readPicture(bytes, limits);
    }
  } catch (error) {
    if (error instanceof OfxError && !OF_CONTENT.has(error.code)) throw error;
    if (!(error instanceof OfxError) && !(error instanceof RangeError)) throw error;
    throw new OfxError('RESULT_INVALID', `Its prediction ${file} is invalid: ${error.message}.`, {
      suggestion:
        'A map holds probabilities from 0 to 1, a row of pixels after the other: PNG of 8 or 16 bits, .npy, or .npz with "map".',
      cause: error,
    });
  }
}

/** Errors about what a file holds. */
const OF_CONTENT = new Set<ErrorCode>([
  'IMAGE_DAMAGED',
  'IMAGE_UNSUPPORTED',
  'IMAGE_UNRECOGNISED',
  'IMAGE_EMPTY',
]);

async function readArchive(bytes: Uint8Array): Promise<StoredPrediction> {
  const { unzipSync } = await import('fflate');
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(bytes, { filter: ({ name }) => name.endsWith('.npy') });
  } catch (error) {
    throw new RangeError(`it is not a NumPy archive (${(error as Error).message})`, { cause: error });
  }
  const names = Object.keys(entries).map((name) => name.slice(0, -'.npy'.length));
  const mapKey = MAP_KEYS.find((key) => names.includes(key)) ?? (names.length === 1 ? names[0] : undefined);
  if (mapKey === undefined)
    throw new RangeError(
      `it has no map; it has ${names.join(', ') || 'nothing'}, a map is "map" or "heatmap"`,
    );
  const scoreKey = SCORE_KEYS.find((key) => names.includes(key));
  const array = scoreKey === undefined ? undefined : decodeNpy(entries[`${scoreKey}.npy`]!);
  if (array && array.values.length !== 1) throw new RangeError(`"${scoreKey}" holds no single number`);
  return {
    map: toMap(decodeNpy(entries[`${mapKey}.npy`]!)),
    score: array && probability(array.values[0]!, 'score'),
    isDark: false,
  };
}

/** Arrays of one image: (H, W), with sides of 1 around it. */
function toMap({ shape, kind, values }: NumpyArray): ProbabilityMap {
  const sides = shape.filter((side) => side !== 1);
  // An image of one row or column keeps its two last sides.
  const [height, width] = sides.length === 2 ? sides : shape.slice(-2);
  const isPicture = sides.length <= 2 && height !== undefined && width !== undefined && values.length > 0;
  if (!isPicture) throw new RangeError(`its shape (${shape.join(', ')}) is not (height, width)`);
  const scale = kind === 'integer' ? integerScale(values) : 1;
  const data = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) data[i] = probability(values[i]! * scale, 'value');
  return { width, height, data };
}

/** Whole numbers are masks of 0 and 1, or levels of an image. */
function integerScale(values: NumpyArray['values']): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  if (most <= 1) return 1;
  return most <= 255 ? 1 / 255 : 1 / 65_535;
}

/** Rounding in another program may leave a probability this far outside. */
const SLACK = 1e-5;

function probability(value: number, what: string): number {
  if (value >= 0 && value <= 1) return value;
  if (value >= -SLACK && value <= 1 + SLACK) return value < 0.5 ? 0 : 1;
  if (Number.isNaN(value)) throw new RangeError(`it holds a ${what} that is not a number (NaN)`);
  throw new RangeError(
    `it holds the ${what} ${value}, which is not a probability (before the sigmoid, perhaps?)`,
  );
}

async function readPicture(bytes: Uint8Array, limits: Partial<ImageLimits>): Promise<StoredPrediction> {
  const picture = onlyPicture(await openImage(bytes, limits, 'the image'));
  const decoded = await picture.decode();
  const { width, height } = decoded;
  const { channels, samples, alpha } = await storedSamples(bytes, decoded, picture.page);
  const most = samples instanceof Uint16Array ? 65_535 : 255;
  const data = new Float32Array(width * height);
  let brightest = 0;
  for (let i = 0; i < data.length; i++) {
    const level = samples[i * channels]!;
    if (channels === 3 && (samples[i * 3 + 1] !== level || samples[i * 3 + 2] !== level))
      throw new RangeError('it is an image in colours, not in grey levels');
    if (level > brightest) brightest = level;
    data[i] = level / most;
  }
  if (alpha && data.every((one) => one === data[0]))
    throw new RangeError('only its alpha channel varies, and a map is in its grey levels');
  // Eight bits in a file of sixteen are as dark.
  const isDark = brightest > 0 && brightest <= (most === 255 ? 1 : 255);
  return { map: { width, height, data }, score: undefined, isDark };
}
