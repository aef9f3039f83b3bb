import { OfxError } from '../../core/errors.js';
import { readInput, tooManyBytes } from '../../files/read.js';
import type { Pixels, SizeCheck } from '../pixels.js';
import { decodeBmp } from './bmp.js';
import { decodeWithSharp } from './decode-sharp.js';
import { decodeFailure } from './failure.js';
import { READABLE, recogniseFormat, type ImageFormat } from './formats.js';
import { isReduced, readTiff } from './tiff.js';

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

/** A file that holds an image, or several pages of them. */
export interface ImageFile {
  /** What messages call it. */
  name: string;
  format: ImageFormat;
  /**
   * The numbers of its pages, counted from 1 in the order of the file. Small copies of other pages are left out. Frames of
   * an animation are no pages: only the first one is looked at, with a warning.
   */
  pages: number[];
  /** @throws {OfxError} as `decodeImage`, and PAGE_MISSING */
  decode: (page?: number) => Promise<Samples>;
}

/**
 * Reads a file and recognises what it is, without decoding it yet.
 *
 * @throws {OfxError} as `decodeImage`, for the file and its format
 */
export async function openImage(
  source: string | Uint8Array,
  limits: Partial<ImageLimits> = {},
  name = typeof source === 'string' ? source : 'The image',
): Promise<ImageFile> {
  const { maxBytes, maxPixels } = { ...DEFAULT_LIMITS, ...limits };
  const file = typeof source === 'string' ? await readInput(source, maxBytes) : source;
  if (file.length > maxBytes) throw tooManyBytes(name, maxBytes);
  const format = decodableFormat(file, name);
  const pages = format === 'tiff' ? tiffPages(file) : [1];
  const decode = async (page = pages[0]!): Promise<Samples> => {
    if (!pages.includes(page)) throw pageMissing(name, page, pages);
    try {
      if (format === 'bmp')
        return { ...(await decodeBmp(file, sizeCheck(name, maxPixels))), format, warnings: [] };
      return { ...(await decodeWithSharp(file, name, format, sizeCheck(name, maxPixels), page)), format };
    } catch (error) {
      throw decodeFailure(pages.length > 1 ? `Page ${page} of ${name}` : name, format, error);
    }
  };
  return { name, format, pages, decode };
}

/** Decodes an image with as many channels as it has, grey or colour; see `decodeImage`. */
export async function decodeSamples(
  source: string | Uint8Array,
  limits: Partial<ImageLimits> = {},
  name?: string,
): Promise<Samples> {
  return (await openImage(source, limits, name)).decode();
}

function tiffPages(file: Uint8Array): number[] {
  const all = readTiff(file)?.pages ?? [];
  const whole = all.flatMap((page, index) => (isReduced(page) ? [] : [index + 1]));
  return whole.length > 0 ? whole : [1];
}

function pageMissing(name: string, page: number, pages: readonly number[]): OfxError {
  const has = pages.length === 1 ? 'one page' : `the pages ${pages[0]!} to ${pages.at(-1)!}`;
  return new OfxError('PAGE_MISSING', `${name} has no page ${page}.`, { suggestion: `It has ${has}.` });
}

function sizeCheck(name: string, maxPixels: number): SizeCheck {
  return (width, height) => {
    if (width * height <= maxPixels) return;
    const size = `${width} x ${height} pixels`;
    throw new OfxError('IMAGE_TOO_LARGE', `${name} claims ${size}, above the limit of ${maxPixels}.`, {
      suggestion: `Raise the limit, if the image is to be trusted: --max-pixels ${width * height}`,
    });
  };
}

function decodableFormat(file: Uint8Array, name: string): ImageFormat {
  if (file.length === 0) throw new OfxError('IMAGE_EMPTY', `${name} is empty.`);
  const recognised = recogniseFormat(file);
  const suggestion = `ofx reads ${READABLE}.`;
  if (recognised === undefined) {
    throw new OfxError('IMAGE_UNRECOGNISED', `${name} is not an image.`, { suggestion });
  }
  const { decoder, what, advice } = recognised;
  if (decoder === undefined) {
    throw new OfxError('IMAGE_UNSUPPORTED', `${name} is ${what}, which ofx does not read.`, {
      suggestion: advice === undefined ? suggestion : `${suggestion} ${advice}`,
    });
  }
  return decoder;
}
