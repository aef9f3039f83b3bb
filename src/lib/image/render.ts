import type { RgbImage } from './decode/index.js';
import { encodeOutputs } from './output-encoders.js';
import type { OutputFiles, OutputFormats } from './output-kinds.js';
import { exhibitPictures, type ExhibitPictures } from './exhibit-pictures.js';
import type { ProbabilityMap } from './probability-map.js';
import { segment, type Region } from './segment.js';
import type { Strokes } from './strokes.js';

export interface RenderOptions {
  /** A pixel is positive where p is larger. */
  maskThreshold: number;
  /** Regions with fewer pixels of the image are dropped. */
  minArea: number;
  outputs?: OutputFormats | undefined;
  /** Small pictures for a report. */
  exhibit?: { withMap: boolean } | undefined;
  /** Drawn on the overlay, in pixels of the image. */
  strokes?: readonly Strokes[];
}

/** A probability map brought to an image: what is positive there, and the files asked for, encoded. */
export interface Rendering {
  regions: Region[];
  /** Share of the image that the mask covers. */
  tamperedFraction: number;
  files: OutputFiles;
  exhibit?: ExhibitPictures;
  timingsMs: { postprocess: number; encode: number };
}

/**
 * Brings a map to the image's size, finds what is positive there, and encodes the files asked for.
 *
 * @param image - with its pixels for outputs that are drawn on it and for an exhibit, otherwise its size
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

  const source = { map, mask, width, height, data, strokes: options.strokes ?? [] };
  const files = await encodeOutputs(source, options.outputs ?? {});
  const exhibit =
    options.exhibit && data
      ? await exhibitPictures({ width, height, data }, map, {
          maskThreshold: threshold,
          withMap: options.exhibit.withMap,
        })
      : undefined;
  return {
    regions,
    tamperedFraction: tamperedPixels / (width * height),
    files,
    ...(exhibit && { exhibit }),
    timingsMs: { postprocess: segmented - started, encode: performance.now() - segmented },
  };
}
