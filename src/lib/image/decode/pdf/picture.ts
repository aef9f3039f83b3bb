import { OfxError } from '../../../core/errors.js';
import type { Pixels, SizeCheck } from '../../pixels.js';
import { colourSpace, UnknownColours, type ColourSpace } from './colours.js';
import type { DocumentPicture } from './document.js';
import { leftFilter, StreamTooLong, undoFilters } from './filters.js';
import { asList, type Resolve } from './objects.js';
import { pixelsOf, rowBytes } from './pixels.js';

/** Filters that hold a JPEG file as it is. */
const JPEG = new Set(['DCTDecode', 'DCT']);

/** Filters that are not read, by what people call what is in them. */
const REFUSED: Readonly<Record<string, string>> = {
  JPXDecode: 'a JPEG 2000 image',
  JBIG2Decode: 'a JBIG2 image',
  CCITTFaxDecode: 'a fax image (CCITT)',
  CCF: 'a fax image (CCITT)',
  LZWDecode: 'an image compressed by LZW',
  LZW: 'an image compressed by LZW',
};

const BITS = [1, 2, 4, 8, 16];

/** Room beyond what the pixels take: some writers add to it. */
const SLACK = 65_536;

/** What can be known of a picture without decoding it. */
export function problemOf(picture: DocumentPicture, name: string, resolve: Resolve): OfxError | undefined {
  const { stream, without } = picture;
  if (without === 'missing' || (stream === undefined && without !== 'inline'))
    return new OfxError('IMAGE_DAMAGED', `${name} is shown by its document, and is not in it.`);
  if (stream === undefined) return unread(name, 'an image within the instructions of its page');
  const filter = leftFilter(stream, resolve);
  if (filter !== undefined && JPEG.has(filter)) return undefined;
  if (filter !== undefined) return unread(name, REFUSED[filter] ?? `an image compressed by ${filter}`);
  try {
    coloursOf(picture, resolve);
    return undefined;
  } catch (error) {
    if (!(error instanceof UnknownColours)) throw error;
    return unread(name, `an image in the colour space ${error.message}`);
  }
}

/**
 * Decodes a picture: a JPEG file by the same decoder as any other, samples by themselves.
 *
 * @param decodeJpeg - what decodes JPEG files
 * @throws {OfxError} as `problemOf`, IMAGE_TOO_LARGE; Error where it is damaged
 */
export async function decodePicture<T>(
  picture: DocumentPicture,
  name: string,
  resolve: Resolve,
  checkSize: SizeCheck,
  decodeJpeg: (file: Uint8Array) => Promise<T>,
): Promise<T | Pixels> {
  const problem = problemOf(picture, name, resolve);
  if (problem) throw problem;
  const { width, height } = picture;
  const stream = picture.stream!;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
    throw new Error('it claims a size of nothing');
  checkSize(width, height);
  try {
    const filter = leftFilter(stream, resolve);
    if (filter !== undefined)
      return await decodeJpeg(undoFilters(stream, resolve, mostJpeg(width, height)).data);
    const isMask = stream.getBool('ImageMask', resolve)?.value === true;
    const bits = isMask ? 1 : (stream.getNumber('BitsPerComponent', resolve)?.value ?? 8);
    if (!BITS.includes(bits)) throw new Error(`it claims samples of ${bits} bits`);
    const decode = asList(stream.get('Decode', resolve), resolve).map((entry) =>
      entry.type === 'number' ? entry.value : Number.NaN,
    );
    const raw = {
      width,
      height,
      bits,
      colours: coloursOf(picture, resolve),
      ...(decode.length > 0 && { decode }),
    };
    // Rows that are predicted have a byte more each.
    const most = 2 * (rowBytes(raw) + 1) * height + SLACK;
    return pixelsOf(raw, undoFilters(stream, resolve, most).data);
  } catch (error) {
    if (!(error instanceof StreamTooLong)) throw error;
    throw new OfxError(
      'IMAGE_TOO_LARGE',
      `${name} unpacks to far more than its ${width} x ${height} pixels.`,
      {
        cause: error,
        suggestion: 'Extract it with a tool that you trust with it, and score that.',
      },
    );
  }
}

/** A JPEG file as it lies in the document, or else the compressed samples. */
export function storedBytes({ stream, width, height }: DocumentPicture, resolve: Resolve): Uint8Array {
  const filter = leftFilter(stream!, resolve);
  const isJpeg = filter !== undefined && JPEG.has(filter);
  return isJpeg ? undoFilters(stream!, resolve, mostJpeg(width, height)).data : stream!.data;
}

/** No JPEG file is larger than its pixels in 16 bits. */
function mostJpeg(width: number, height: number): number {
  return width * height * 8 + SLACK;
}

function coloursOf({ stream, colours }: DocumentPicture, resolve: Resolve): ColourSpace {
  if (stream!.getBool('ImageMask', resolve)?.value === true) return { kind: 'grey', components: 1 };
  return colourSpace(stream!.get('ColorSpace', resolve), resolve, colours);
}

function unread(name: string, what: string): OfxError {
  return new OfxError('IMAGE_UNSUPPORTED', `${name} is ${what}, which ofx does not read.`, {
    suggestion:
      'Render its page as PNG (pdftoppm -r 300 -png), and score that; --page N looks at other pages.',
  });
}
