import type { Oddity } from './oddity.js';
import { decodeSamples, type ImageLimits, type Picture, type Samples } from './samples.js';

/** A decoded image, upright as people see it. */
export interface RgbImage {
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  /** RGB interleaved, rows from the top: `height * width * 3` bytes. */
  data: Uint8Array;
  format: string;
  /** Sentences about what the reader of a result should know, e.g. that the image was CMYK. */
  warnings: string[];
  /** What the warnings are about; see {@link Oddity}. */
  oddities?: Oddity[];
}

/**
 * Decodes an image to the very pixels of OpenCV's `imread(IMREAD_COLOR)`, in RGB order: orientation applied, colour
 * profile ignored, alpha dropped, grey replicated, 16 bits reduced to 8. TIFF goes as in OpenCV's libtiff: a straight
 * alpha is multiplied in, and 16-bit colour is rounded. AVIF alone differs, because libheif calculates otherwise than
 * libavif: by one level where chroma is stored in full, by more at edges of colour where it has to be interpolated.
 *
 * @param source a path, or the bytes of a file.
 * @param name what messages call it. [the path, or "The image"]
 * @throws OfxError INPUT_MISSING, INPUT_UNREADABLE, INPUT_LOST for the file; IMAGE_EMPTY, IMAGE_UNRECOGNISED,
 *   IMAGE_UNSUPPORTED, IMAGE_DAMAGED, IMAGE_TOO_LARGE for its content.
 */
export async function decodeImage(
  source: string | Uint8Array,
  limits: Partial<ImageLimits> = {},
  name?: string,
): Promise<RgbImage> {
  return inColour(await decodeSamples(source, limits, name));
}

/** Decodes one picture of a file that `openImage` recognised; see {@link decodeImage}. */
export async function decodePicture(picture: Picture): Promise<RgbImage> {
  return inColour(await picture.decode());
}

function inColour({ channels, data, ...rest }: Samples): RgbImage {
  return { ...rest, data: channels === 3 ? data : replicateGrey(data) };
}

function replicateGrey(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0, j = 0; i < grey.length; i++, j += 3) {
    rgb[j] = rgb[j + 1] = rgb[j + 2] = grey[i]!;
  }
  return rgb;
}
