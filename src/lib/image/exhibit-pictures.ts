import type { RgbImage } from './decode/index.js';
import type { ProbabilityMap } from './probability-map.js';
import { loadSharp } from './sharp.js';

/** Small pictures for a report: what was examined, and where what was found lies. */
export interface ExhibitPictures {
  /** JPEG. */
  photo: Uint8Array;
  /** PNG with transparency, to be laid over the photo: the warmer, the more probable a manipulation. */
  heat: Uint8Array;
  /** PNG, 8-bit grey: the probabilities themselves, 255 for 1, where somebody wants to draw them otherwise. */
  map?: Uint8Array;
}

/** Longer side in pixels: 300 to the inch on half the width of a sheet. */
const PHOTO_SIDE = 1000;
const HEAT_SIDE = 380;
const QUALITY = 82;
/** Probabilities are told apart in so many steps, so that the picture stays small. */
const STEPS = 64;

/** @param withMap - encode the probabilities as well */
export async function exhibitPictures(
  image: Pick<RgbImage, 'width' | 'height' | 'data'>,
  map: ProbabilityMap,
  { maskThreshold, withMap }: { maskThreshold: number; withMap: boolean },
): Promise<ExhibitPictures> {
  const sharp = await loadSharp();
  const { width, height, data } = image;
  const photo = await sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .resize(PHOTO_SIDE, PHOTO_SIDE, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: QUALITY, mozjpeg: false })
    .toBuffer();
  const small = shrink(map, HEAT_SIDE);
  const heat = await sharp(heatPixels(small, maskThreshold), {
    raw: { width: small.width, height: small.height, channels: 4 },
  })
    .png({ compressionLevel: 9 })
    .toBuffer();
  return { photo, heat, ...(withMap && { map: await greyPicture(small) }) };
}

async function greyPicture({ width, height, data }: ProbabilityMap): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const levels = Uint8Array.from(data, (probability) => Math.round(probability * 255));
  return sharp(levels, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png({ compressionLevel: 6 })
    .toBuffer();
}

/** The largest probability of each block, so that nothing marked gets lost in between. */
function shrink(map: ProbabilityMap, side: number): ProbabilityMap {
  const factor = Math.ceil(Math.max(map.width, map.height) / side);
  if (factor <= 1) return map;
  const width = Math.ceil(map.width / factor);
  const height = Math.ceil(map.height / factor);
  const data = new Float32Array(width * height);
  for (let y = 0; y < map.height; y++) {
    const row = Math.floor(y / factor) * width;
    for (let x = 0; x < map.width; x++) {
      const at = row + Math.floor(x / factor);
      data[at] = Math.max(data[at]!, map.data[y * map.width + x]!);
    }
  }
  return { width, height, data };
}

/** RGBA. Clear where manipulation is unlikely, then amber to crimson; full colour begins where a pixel is marked. */
function heatPixels({ data }: ProbabilityMap, threshold: number): Uint8Array {
  const out = new Uint8Array(data.length * 4);
  data.forEach((probability, i) => {
    const p = Math.round(probability * STEPS) / STEPS;
    const marked = probability > threshold;
    const warmth = marked ? Math.max(0, p - threshold) / Math.max(1 - threshold, 1e-6) : 0;
    out[4 * i] = 255 - 55 * warmth;
    out[4 * i + 1] = 176 - 158 * warmth;
    out[4 * i + 2] = 32 + 48 * warmth;
    out[4 * i + 3] = marked ? 190 + 40 * warmth : 120 * Math.min(1, p / Math.max(threshold, 1e-6)) ** 2;
  });
  return out;
}
