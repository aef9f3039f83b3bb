import { OfxError } from '../../core/errors.js';
import { decodeBmp } from './bmp.js';
import { decodeWithSharp } from './decode-sharp.js';
import { recogniseFormat, type ImageFormat } from './format.js';
import type { Pixels, SizeCheck } from '../pixels.js';
import { readInput, tooManyBytes } from '../../files/read.js';

export interface ImageLimits {
  /** Size of the file. [512 MiB] */
  maxBytes: number;
  /** Width times height, as the header claims. [100 million] */
  maxPixels: number;
}

export const DEFAULT_LIMITS: Readonly<ImageLimits> = { maxBytes: 512 * 2 ** 20, maxPixels: 100_000_000 };

export interface Samples extends Pixels {
  format: ImageFormat;
  warnings: string[];
}

/** Decodes a picture with as many channels as it has, grey or colour; see `decodeImage`. */
export async function decodeSamples(
  source: string | Uint8Array,
  limits: Partial<ImageLimits> = {},
  name = typeof source === 'string' ? source : 'The image',
): Promise<Samples> {
  const { maxBytes, maxPixels } = { ...DEFAULT_LIMITS, ...limits };
  const file = typeof source === 'string' ? await readInput(source, maxBytes) : source;
  if (file.length > maxBytes) throw tooManyBytes(name, maxBytes);
  const format = decodableFormat(file, name);
  const checkSize: SizeCheck = (width, height) => {
    if (width * height > maxPixels) {
      const size = `${width} x ${height} pixels`;
      throw new OfxError('IMAGE_TOO_LARGE', `${name} claims ${size}, above the limit of ${maxPixels}.`);
    }
  };
  try {
    if (format === 'bmp') return { ...(await decodeBmp(file, checkSize)), format, warnings: [] };
    return { ...(await decodeWithSharp(file, name, format, checkSize)), format };
  } catch (error) {
    if (error instanceof OfxError) throw error;
    const [reason = ''] = error instanceof Error ? error.message.split('\n') : [String(error)];
    // libvips keeps its reasons in one place for all threads, where another decode may have taken it.
    const because = /^unknown error/i.test(reason) ? '' : `: ${reason}`;
    throw new OfxError('IMAGE_DAMAGED', `${name} is damaged, or no proper ${format} file${because}.`, {
      cause: error,
    });
  }
}

function decodableFormat(file: Uint8Array, name: string): ImageFormat {
  if (file.length === 0) throw new OfxError('IMAGE_EMPTY', `${name} is empty.`);
  const recognised = recogniseFormat(file);
  const suggestion = 'ofx reads JPEG, PNG, WebP, TIFF, AVIF, GIF and BMP.';
  if (recognised === undefined) {
    throw new OfxError('IMAGE_UNRECOGNISED', `${name} is not an image.`, { suggestion });
  }
  if ('refused' in recognised) {
    throw new OfxError('IMAGE_UNSUPPORTED', `${name} is ${recognised.refused}, which ofx does not read.`, {
      suggestion,
    });
  }
  return recognised.format;
}
