import { heatColours } from '../image/colour-map.js';
import { resizeLinearOpenCv } from '../image/resize.js';
import { loadSharp } from '../image/sharp.js';
import type { ParityPhoto, ParityTensor } from './parity-inputs.js';
import type { Outputs } from './parity.js';

/** A photo as the network sees it, both of its maps, and what lies between them; each a data URL. */
export interface ParityPictures {
  name: string;
  photo: string;
  onnx: string;
  pytorch: string;
  difference: string;
}

/** Encodes those that may be shown as JPEG and PNG, at the network's size. */
export async function parityPictures(
  photos: readonly ParityPhoto[],
  tensors: readonly ParityTensor[],
  { truth, actual }: { truth: Outputs<Float64Array>; actual: Outputs },
  scale: number,
): Promise<ParityPictures[]> {
  let at = 0;
  const made: ParityPictures[] = [];
  for (const [index, { name, image, shown }] of photos.entries()) {
    const { width, height } = tensors[index]!;
    const right = truth.maps.subarray(at, at + width * height);
    const own = actual.maps.subarray(at, at + width * height);
    at += width * height;
    if (!shown) continue;
    const png = (values: Float32Array | Float64Array): Promise<string> => heat(values, width, height);
    made.push({
      name,
      photo: await jpeg(resizeLinearOpenCv(image, width, height), width, height),
      onnx: await png(own),
      pytorch: await png(right),
      difference: await png(right.map((probability, i) => Math.abs(probability - own[i]!) * scale)),
    });
  }
  return made;
}

/** A factor of one digit that brings the largest difference nearest to 1, and no farther. */
export function differenceScale(largest: number): number {
  if (!(largest > 0 && largest < 1)) return 1;
  const power = 10 ** Math.floor(-Math.log10(largest));
  return Math.floor(1 / largest / power) * power;
}

const COLOURS = heatColours();

async function heat(values: Float32Array | Float64Array, width: number, height: number): Promise<string> {
  const rgb = new Uint8Array(width * height * 3);
  values.forEach((value, i) => {
    // What is not a number is shown as the largest.
    const step = Number.isNaN(value) ? 255 : Math.round(255 * Math.min(1, Math.max(0, value)));
    rgb.set(COLOURS.subarray(step * 3, step * 3 + 3), i * 3);
  });
  const sharp = await loadSharp();
  const bytes = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .png({ palette: true, compressionLevel: 9 })
    .toBuffer();
  return `data:image/png;base64,${bytes.toString('base64')}`;
}

async function jpeg(rgb: Uint8Array, width: number, height: number): Promise<string> {
  const sharp = await loadSharp();
  const bytes = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 80 })
    .toBuffer();
  return `data:image/jpeg;base64,${bytes.toString('base64')}`;
}

/** How many pixels differ by how much: bins of a fifth of a power of ten, and those that are equal. */
export interface DifferenceBin {
  /** Powers of ten. */
  from: number;
  to: number;
  count: number;
}

const PER_DECADE = 5;
/** Below, both are equal for every purpose. */
const LEAST = -12;

export function differenceBins({
  truth,
  actual,
}: {
  truth: Outputs<Float64Array>;
  actual: Outputs;
}): DifferenceBin[] {
  const counts = new Array<number>(-LEAST * PER_DECADE).fill(0);
  truth.maps.forEach((probability, i) => {
    const power = Math.log10(Math.abs(probability - actual.maps[i]!));
    // Equal ones, whose power is −∞, go into the first.
    const bin = Math.floor((Math.max(power, LEAST) - LEAST) * PER_DECADE);
    counts[Math.min(counts.length - 1, Number.isNaN(bin) ? counts.length - 1 : bin)]!++;
  });
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  return counts.slice(first, last + 1).map((count, index) => ({
    from: LEAST + (first + index) / PER_DECADE,
    to: LEAST + (first + index + 1) / PER_DECADE,
    count,
  }));
}
