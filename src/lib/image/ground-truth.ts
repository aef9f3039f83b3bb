import { decodeSamples, type ImageLimits } from './decode/samples.js';

/** A ground-truth mask as grey levels; which of them count as manipulated is the metric's business. */
export interface GreyImage {
  width: number;
  height: number;
  /** Rows from the top, `height * width` bytes. */
  data: Uint8Array;
}

/**
 * Reads a ground-truth mask as OpenCV's `imread(IMREAD_GRAYSCALE)` does. Grey files, which masks nearly always are, come
 * out exactly; a colour file's levels may be off by one, and a colour JPEG's by a few, since OpenCV takes its brightness
 * from the file where here it comes from the decoded colours.
 *
 * @throws OfxError as `decodeImage`.
 */
export async function readGroundTruth(
  source: string | Uint8Array,
  limits: Partial<ImageLimits> = {},
): Promise<GreyImage> {
  const { width, height, channels, data } = await decodeSamples(source, limits);
  return { width, height, data: channels === 1 ? data : brightness(data) };
}

/** ITU-R BT.601 brightness in OpenCV's 14-bit fixed-point arithmetic. */
function brightness(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0, from = 0; i < grey.length; i++, from += 3) {
    grey[i] = (rgb[from]! * 4899 + rgb[from + 1]! * 9617 + rgb[from + 2]! * 1868 + (1 << 13)) >> 14;
  }
  return grey;
}
