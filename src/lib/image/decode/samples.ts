import { OfxError } from '../../core/errors.js';
import { readInput, tooManyBytes } from '../../files/read.js';
import type { Pixels, SizeCheck } from '../pixels.js';
import { decodeBmp } from './bmp.js';
import { decodeWithSharp } from './decode-sharp.js';
import { decodeFailure } from './failure.js';
import { READABLE, recogniseFormat, type ImageFormat } from './formats.js';
import type { Oddity } from './oddity.js';
import { openPdf } from './pdf/open.js';
import { isReduced, isTransparencyMask, readTiff } from './tiff.js';

export interface ImageLimits {
  /** Size of the file. [512 MiB] */
  maxBytes: number;
  /** Width times height, as the header claims. [100 million] */
  maxPixels: number;
}

export const DEFAULT_LIMITS: Readonly<ImageLimits> = { maxBytes: 512 * 2 ** 20, maxPixels: 100_000_000 };

/** What messages call bytes that came without a name. */
const UNNAMED = 'The image';

export interface Samples extends Pixels {
  format: ImageFormat;
  warnings: string[];
  /** What the warnings are about, for those who count images. */
  oddities: Oddity[];
}

/** A file that holds an image, or several pages of them. */
export interface ImageFile {
  /** What messages call it. */
  name: string;
  format: ImageFormat;
  /**
   * What can be looked at, at least one picture, in the order of the file. Small copies of other pages are left out. Frames of an
   * animation are no pages: only the first one is looked at, with a warning.
   */
  pictures: [Picture, ...Picture[]];
}

/** One of the pictures of a file. */
export interface Picture {
  /** Counted from 1; of a document the one that shows the picture first. */
  page: number;
  /** Of a document: the number of the picture on its page, from 1. */
  image?: number;
  /** Why it cannot be decoded, where that is known already. */
  problem?: OfxError;
  /** Of a document: the picture's own bytes, a JPEG file as it is or else compressed samples. */
  stored?: () => Uint8Array;
  /** @throws {OfxError} as `decodeImage` */
  decode: () => Promise<Samples>;
}

/**
 * Reads a file and recognises what it is, without decoding it yet.
 *
 * @throws {OfxError} as `decodeImage`, for the file and its format
 */
export async function openImage(
  source: string | Uint8Array,
  limits: Partial<ImageLimits> = {},
  name = typeof source === 'string' ? source : UNNAMED,
): Promise<ImageFile> {
  const { maxBytes, maxPixels } = { ...DEFAULT_LIMITS, ...limits };
  const file = typeof source === 'string' ? await readInput(source, maxBytes) : source;
  if (file.length > maxBytes) throw tooManyBytes(name, maxBytes);
  const format = decodableFormat(file, name);
  if (format === 'pdf') {
    const pictures = await openPdf(
      file,
      name,
      (called) => sizeCheck(called, maxPixels),
      (bytes, called) => decodeWithSharp(bytes, called, 'jpeg', sizeCheck(called, maxPixels), 1),
    );
    return { name, format, pictures };
  }
  const [first, ...others] = format === 'tiff' ? tiffPages(file) : ([1] as const);
  const picture = (page: number): Picture => ({
    page,
    decode: async () => {
      const called =
        others.length > 0 ? `Page ${page} of ${name === UNNAMED ? UNNAMED.toLowerCase() : name}` : name;
      try {
        if (format === 'bmp')
          return {
            ...(await decodeBmp(file, called, sizeCheck(called, maxPixels))),
            format,
            warnings: [],
            oddities: [],
          };
        return {
          ...(await decodeWithSharp(file, called, format, sizeCheck(called, maxPixels), page)),
          format,
        };
      } catch (error) {
        throw decodeFailure(called, format, error);
      }
    },
  });
  return { name, format, pictures: [picture(first), ...others.map(picture)] };
}

/** Decodes an image, or the first page of several, with as many channels as it has, grey or colour; see `decodeImage`. */
export async function decodeSamples(
  source: string | Uint8Array,
  limits: Partial<ImageLimits> = {},
  name?: string,
): Promise<Samples> {
  return (await openImage(source, limits, name)).pictures[0].decode();
}

/**
 * The picture of a file that may hold one only: where something is said of one image, such as a ground truth, nobody can
 * tell which of several is meant.
 *
 * @throws {OfxError} SEVERAL_PAGES
 */
export function onlyPicture({ name, pictures }: ImageFile): Picture {
  const [picture, ...others] = pictures;
  if (others.length === 0) return picture;
  throw new OfxError('SEVERAL_PAGES', `${name} has ${pictures.length} pages, where one image is expected.`, {
    suggestion: 'Save its pages as images of their own, each with a ground truth of its own.',
  });
}

/** The pages that are neither smaller copies nor masks of others, counted from 1. */
function tiffPages(file: Uint8Array): [number, ...number[]] {
  const all = readTiff(file)?.pages ?? [];
  const [first, ...others] = all.flatMap((page, index) =>
    isReduced(page) || isTransparencyMask(page) ? [] : [index + 1],
  );
  return [first ?? 1, ...others];
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
