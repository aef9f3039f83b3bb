import type { GreyImage } from '../image/ground-truth.js';
import { resizeMap, type ProbabilityMap } from '../image/probability-map.js';
import { resizeNearestOpenCv } from '../image/resize.js';
import { loadSharp } from '../image/sharp.js';
import type { Raster } from './raster.js';

/** The longer side of a tile, in pixels. */
const TILE_SIDE = 400;

/** Ground truth is tampered above this grey value. */
const TRUTH_THRESHOLD = 127;

/** What a panel shows of one image, all at the size of a tile; small enough to wait for its turn. */
export interface PanelTiles {
  width: number;
  height: number;
  /** RGB interleaved. */
  photo: Uint8Array;
  /** 1 tampered, 0 authentic. */
  truth: Uint8Array;
  probability: Float32Array;
  /** 1 where the probability is above the mask threshold. */
  called: Uint8Array;
}

/** @param truth null for an authentic image */
export async function panelTiles(
  photo: Raster,
  truth: GreyImage | null,
  map: ProbabilityMap,
  maskThreshold: number,
): Promise<PanelTiles> {
  const { width, height } = tileSize(photo);
  const probability = resizeMap(map, width, height).data;
  const sharp = await loadSharp();
  const raw = { width: photo.width, height: photo.height, channels: 3 as const };
  return {
    width,
    height,
    photo: await sharp(photo.data, { raw, limitInputPixels: false })
      .resize(width, height, { fit: 'fill' })
      .raw()
      .toBuffer(),
    truth: truth
      ? above(resizeNearestOpenCv(truth.data, truth.width, truth.height, width, height), TRUTH_THRESHOLD)
      : new Uint8Array(width * height),
    probability,
    called: above(probability, maskThreshold),
  };
}

function above(values: Uint8Array | Float32Array, threshold: number): Uint8Array {
  const marks = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) if (values[i]! > threshold) marks[i] = 1;
  return marks;
}

/** The size at which a panel shows an image. */
export function tileSize(image: { width: number; height: number }): { width: number; height: number } {
  const scale = TILE_SIDE / Math.max(image.width, image.height);
  return {
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
  };
}
