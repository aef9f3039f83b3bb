import type { RgbImage } from './decode.js';
import { encodeMaskPng, encodeOverlayPng, encodeProbabilityPng } from './encode.js';
import { resizeMap, thresholdMap, type ProbabilityMap } from './probability-map.js';
import { findRegions, removeSmallRegions, type Region } from './regions.js';

export interface RenderOptions {
  /** A pixel is positive where p is larger. */
  maskThreshold: number;
  /** Regions with fewer pixels of the image are dropped. */
  minArea: number;
  mask?: boolean;
  /** As 16-bit grey PNG at the image's size. */
  probability?: boolean;
  overlay?: boolean;
}

/** A probability map brought to an image: what is positive there, and the pictures asked for as PNG files. */
export interface Rendering {
  regions: Region[];
  /** Share of the image that the mask covers. */
  tamperedFraction: number;
  mask?: Uint8Array;
  probability?: Uint8Array;
  overlay?: Uint8Array;
  timingsMs: { postprocess: number; encode: number };
}

/**
 * Brings a map to the image's size first and thresholds it after, so that the mask's edge is as fine as the map allows.
 *
 * @param image - for an overlay its pixels, otherwise its size
 */
export async function render(
  map: ProbabilityMap,
  image: Pick<RgbImage, 'width' | 'height'> & Partial<Pick<RgbImage, 'data'>>,
  options: RenderOptions,
): Promise<Rendering> {
  const started = performance.now();
  const { width, height } = image;
  const atImage = resizeMap(map, width, height);
  const mask = thresholdMap(atImage, options.maskThreshold);
  if (options.minArea > 1) removeSmallRegions(mask, width, height, options.minArea);
  const regions = findRegions(mask, atImage);
  const positive = regions.reduce((sum, { area }) => sum + area, 0);
  const postprocess = performance.now() - started;

  const rendering: Rendering = {
    regions,
    tamperedFraction: positive / (width * height),
    timingsMs: { postprocess, encode: 0 },
  };
  if (options.mask) rendering.mask = await encodeMaskPng(mask, width, height);
  if (options.probability) rendering.probability = await encodeProbabilityPng(atImage);
  if (options.overlay && image.data) {
    rendering.overlay = await encodeOverlayPng({ width, height, data: image.data }, atImage, mask);
  }
  rendering.timingsMs.encode = performance.now() - started - postprocess;
  return rendering;
}
