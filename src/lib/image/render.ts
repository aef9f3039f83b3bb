import type { RgbImage } from './decode/index.js';
import { encodeMask, encodeProbability, encodeRgb } from './encode.js';
import { drawOverlay } from './overlay.js';
import { exhibitPictures, type ExhibitPictures } from './exhibit-pictures.js';
import type { ProbabilityMap } from './probability-map.js';
import { segment, type Region } from './segment.js';
import { drawStrokes, type Strokes } from './strokes.js';

export interface RenderOptions {
  /** A pixel is positive where p is larger. */
  maskThreshold: number;
  /** Regions with fewer pixels of the image are dropped. */
  minArea: number;
  mask?: boolean;
  /** As 16-bit grey PNG at the image's size. */
  probability?: boolean;
  overlay?: 'png' | 'jpeg' | undefined;
  /** Small pictures for a report. */
  exhibit?: boolean;
  /** Drawn on the overlay, in pixels of the image. */
  strokes?: readonly Strokes[];
}

/** A probability map brought to an image: what is positive there, and the files asked for, encoded. */
export interface Rendering {
  regions: Region[];
  /** Share of the image that the mask covers. */
  tamperedFraction: number;
  mask?: Uint8Array;
  probability?: Uint8Array;
  overlay?: Uint8Array;
  exhibit?: ExhibitPictures;
  timingsMs: { postprocess: number; encode: number };
}

/**
 * Brings a map to the image's size, finds what is positive there, and encodes the files asked for.
 *
 * @param image - with its pixels for an overlay or an exhibit, otherwise its size
 */
export async function render(
  map: ProbabilityMap,
  image: Pick<RgbImage, 'width' | 'height'> & Partial<Pick<RgbImage, 'data'>>,
  options: RenderOptions,
): Promise<Rendering> {
  const started = performance.now();
  const { width, height, data } = image;
  const { maskThreshold: threshold, minArea } = options;
  const { mask, regions, tamperedPixels } = segment(map, width, height, { threshold, minArea });
  const segmented = performance.now();

  const encoded: Pick<Rendering, 'mask' | 'probability' | 'overlay' | 'exhibit'> = {};
  if (options.mask) encoded.mask = await encodeMask(mask, width, height);
  if (options.probability) encoded.probability = await encodeProbability(map, width, height);
  if (options.overlay && data) {
    const overlay = drawOverlay({ width, height, data }, map, mask);
    for (const strokes of options.strokes ?? []) drawStrokes(overlay, width, height, strokes);
    encoded.overlay = await encodeRgb(overlay, width, height, options.overlay);
  }
  if (options.exhibit && data)
    encoded.exhibit = await exhibitPictures({ width, height, data }, map, threshold);
  return {
    regions,
    tamperedFraction: tamperedPixels / (width * height),
    ...encoded,
    timingsMs: { postprocess: segmented - started, encode: performance.now() - segmented },
  };
}
