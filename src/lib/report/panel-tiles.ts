import { TRUTH_THRESHOLD } from '../core/label.js';
import type { GreyImage } from '../image/ground-truth.js';
import { resizeMap, type ProbabilityMap } from '../image/probability-map.js';
import { resizeNearestOpenCv } from '../image/resize.js';
import { loadSharp } from '../image/sharp.js';
import type { Position, Strokes } from '../image/strokes.js';
import type { Raster } from './raster.js';

/** Between these the longer side of a tile is the image's own, in pixels, so that the photo need not be resized. */
const TILE_SIDE = { smallest: 320, largest: 400 } as const;

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
  /** Drawn over the overlay, in pixels of the tile. */
  strokes: readonly Strokes[];
}

/**
 * @param truth null for an authentic image
 * @param strokes in pixels of the photo
 */
export async function panelTiles(
  photo: Raster,
  truth: GreyImage | null,
  map: ProbabilityMap,
  maskThreshold: number,
  strokes: readonly Strokes[] = [],
): Promise<PanelTiles> {
  const { width, height } = tileSize(photo);
  const probability = resizeMap(map, width, height).data;
  return {
    width,
    height,
    photo: await resizePhoto(photo, width, height),
    truth: truth
      ? above(resizeNearestOpenCv(truth.data, truth.width, truth.height, width, height), TRUTH_THRESHOLD)
      : new Uint8Array(width * height),
    probability,
    called: above(probability, maskThreshold),
    strokes: strokes.map((one) => scaledStrokes(one, width / photo.width, height / photo.height)),
  };
}

/** Thinner would be lost, thicker would hide what it points to. */
const LINE = { thinnest: 1.3, thickest: 2 } as const;

function scaledStrokes({ width, lines, shapes, ...colours }: Strokes, sx: number, sy: number): Strokes {
  const scaled = (points: readonly Position[]): Position[] =>
    points.map(({ x, y }) => ({ x: x * sx, y: y * sy }));
  return {
    ...colours,
    width: Math.min(LINE.thickest, Math.max(LINE.thinnest, width * Math.max(sx, sy))),
    lines: lines.map(scaled),
    shapes: shapes.map(scaled),
  };
}

async function resizePhoto(photo: Raster, width: number, height: number): Promise<Uint8Array> {
  if (photo.width === width && photo.height === height) return photo.data;
  const sharp = await loadSharp();
  const raw = { width: photo.width, height: photo.height, channels: 3 as const };
  return sharp(photo.data, { raw, limitInputPixels: false })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer();
}

function above(values: Uint8Array | Float32Array, threshold: number): Uint8Array {
  const marks = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) if (values[i]! > threshold) marks[i] = 1;
  return marks;
}

/** The size at which a panel shows an image. */
export function tileSize(image: { width: number; height: number }): { width: number; height: number } {
  const side = Math.max(image.width, image.height);
  const scale = Math.min(Math.max(side, TILE_SIDE.smallest), TILE_SIDE.largest) / side;
  return {
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
  };
}
