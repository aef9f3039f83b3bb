import { heatColours } from './colour-map.js';
import { eachRow, type ProbabilityMap } from './probability-map.js';

/** Share of the heat colour where the probability is 1. */
const STRONGEST = 0.65;

/** Half the contour's width, as a share of the image's longer side. */
const CONTOUR_SHARE = 0.001;
const CONTOUR = [255, 255, 255] as const;
const CONTOUR_RIM = [0, 0, 0] as const;

/**
 * The heat map over the image: the more probable a manipulation, the more of the heat colour and the less of the image,
 * so that what is authentic stays as it is. A white line with a black rim, legible on any ground, runs along the border
 * of the mask.
 *
 * @param image RGB interleaved, `height * width * 3` bytes.
 * @param map of any size.
 * @param mask 0 and 255, `height * width` bytes.
 * @returns RGB interleaved, of the image's size.
 */
export function drawOverlay(
  image: { width: number; height: number; data: Uint8Array },
  map: ProbabilityMap,
  mask: Uint8Array,
): Uint8Array {
  const { width, height, data } = image;
  const { keep, add } = blendTables();
  const out = new Uint8Array(data.length);
  eachRow(map, width, height, (row, y) => {
    for (let x = 0, at = y * width * 3; x < width; x++, at += 3) {
      const level = Math.round(row[x]! * 255);
      const kept = keep[level]!;
      out[at] = data[at]! * kept + add[level * 3]! + 0.5;
      out[at + 1] = data[at + 1]! * kept + add[level * 3 + 1]! + 0.5;
      out[at + 2] = data[at + 2]! * kept + add[level * 3 + 2]! + 0.5;
    }
  });

  const radius = Math.round(Math.max(width, height) * CONTOUR_SHARE);
  const contour = borderPixels(mask, width, height);
  stamp(out, width, height, contour, radius + Math.max(1, radius), CONTOUR_RIM);
  stamp(out, width, height, contour, radius, CONTOUR);
  return out;
}

/** For each of 256 probabilities, the share of the image that is kept, and the heat colour that is added to it. */
function blendTables(): { keep: Float32Array; add: Float32Array } {
  const share = (level: number): number => (STRONGEST * level) / 255;
  return {
    keep: Float32Array.from({ length: 256 }, (_, level) => 1 - share(level)),
    add: Float32Array.from(heatColours(), (colour, i) => colour * share(Math.floor(i / 3))),
  };
}

/** Mask pixels beside one that is not; the image's own edge is no border. */
function borderPixels(mask: Uint8Array, width: number, height: number): number[] {
  const border: number[] = [];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (mask[i] === 0) continue;
      const beside =
        (x > 0 && mask[i - 1] === 0) ||
        (x < width - 1 && mask[i + 1] === 0) ||
        (y > 0 && mask[i - width] === 0) ||
        (y < height - 1 && mask[i + width] === 0);
      if (beside) border.push(i);
    }
  }
  return border;
}

/** Paints a square of side 2 · radius + 1 around each of the pixels. */
function stamp(
  rgb: Uint8Array,
  width: number,
  height: number,
  pixels: readonly number[],
  radius: number,
  colour: readonly [number, number, number],
): void {
  for (const pixel of pixels) {
    const x = pixel % width;
    const y = (pixel - x) / width;
    const right = Math.min(width - 1, x + radius);
    const bottom = Math.min(height - 1, y + radius);
    for (let row = Math.max(0, y - radius); row <= bottom; row++) {
      for (let column = Math.max(0, x - radius); column <= right; column++) {
        const at = (row * width + column) * 3;
        rgb[at] = colour[0];
        rgb[at + 1] = colour[1];
        rgb[at + 2] = colour[2];
      }
    }
  }
}
