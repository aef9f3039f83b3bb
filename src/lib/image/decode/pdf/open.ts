import { decodeFailure } from '../failure.js';
import type { Oddity } from '../oddity.js';
import type { Pixels, SizeCheck } from '../../pixels.js';
import { readPdf, type DocumentPicture } from './document.js';
import { pictureName } from './name.js';
import { decodePicture, storedBytes, problemOf } from './picture.js';
import type { OfxError } from '../../../core/errors.js';

interface Decoded extends Pixels {
  format: 'jpeg' | 'pdf';
  warnings: string[];
  oddities: Oddity[];
}

/** A picture of a document that can be looked at. */
interface OpenedPicture {
  page: number;
  image: number;
  problem?: OfxError;
  stored: () => Uint8Array;
  decode: () => Promise<Decoded>;
}

/** Decodes a JPEG file that is called so. */
type DecodeJpeg = (file: Uint8Array, name: string) => Promise<Omit<Decoded, 'format'>>;

/**
 * Opens a PDF document as a file of several pictures.
 *
 * @throws {OfxError} as `readPdf`, and IMAGE_DAMAGED
 */
export async function openPdf(
  file: Uint8Array,
  name: string,
  checkSize: (name: string) => SizeCheck,
  decodeJpeg: DecodeJpeg,
): Promise<[OpenedPicture, ...OpenedPicture[]]> {
  const document = await readPdf(file, name).catch((error: unknown) => {
    throw decodeFailure(name, 'PDF', error);
  });
  const { resolve, isDamaged } = document;
  const opened = (picture: DocumentPicture): OpenedPicture => {
    const called = pictureName(name, picture);
    const problem = problemOf(picture, called, resolve);
    return {
      page: picture.page,
      image: picture.image,
      ...(problem && { problem }),
      stored: () => storedBytes(picture, resolve),
      decode: async () => {
        try {
          const jpeg = async (bytes: Uint8Array): Promise<Decoded> => ({
            ...(await decodeJpeg(bytes, called)),
            format: 'jpeg',
          });
          const decoded = await decodePicture(picture, called, resolve, checkSize(called), jpeg);
          const about = 'format' in decoded ? decoded : plain(decoded);
          return {
            ...about,
            warnings: [
              ...about.warnings,
              ...document.warnings,
              ...(isDamaged ? ['The document is damaged: what could be found in it was looked at.'] : []),
            ],
            oddities:
              isDamaged && !about.oddities.includes('damaged')
                ? [...about.oddities, 'damaged']
                : about.oddities,
          };
        } catch (error) {
          throw decodeFailure(called, 'image', error);
        }
      },
    };
  };
  const [first, ...others] = document.pictures;
  return [opened(first!), ...others.map(opened)];
}

function plain(pixels: Pixels): Decoded {
  return { ...pixels, format: 'pdf', warnings: [], oddities: [] };
}
