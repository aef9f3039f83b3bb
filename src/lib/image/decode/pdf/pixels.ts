import type { Pixels } from '../../pixels.js';
import { cmykToRgb } from '../channels.js';
import type { ColourSpace } from './colours.js';

/** A picture as its samples lie in a document, behind all compression. */
export interface RawPicture {
  width: number;
  height: number;
  /** Of a sample: 1, 2, 4, 8 or 16. */
  bits: number;
  colours: ColourSpace;
  /** For each component what the smallest and the largest sample stand for; the usual where it is left out. */
  decode?: readonly number[];
}

/** Rows begin at a byte. */
export function rowBytes({ width, bits, colours }: RawPicture): number {
  return Math.ceil((width * bits * colours.components) / 8);
}

/**
 * The pixels of samples that are not compressed any more. 16 bits keep their high byte, as in PNG.
 *
 * @throws Error where there are too few of them
 */
export function pixelsOf(picture: RawPicture, data: Uint8Array): Pixels {
  const { width, height, colours } = picture;
  if (data.length < rowBytes(picture) * height) throw new Error('it ends before its last row');
  const samples = samplesOf(picture, data);
  const { palette, kind } = colours;
  const channels = kind === 'grey' ? 1 : kind === 'rgb' ? 3 : 4;
  const values = palette ? lookedUp(samples, palette, channels) : samples;
  if (kind === 'cmyk') return { width, height, channels: 3, data: cmykToRgb(values, 4, 'pdf') };
  return { width, height, channels: kind === 'grey' ? 1 : 3, data: values };
}

/** Samples in 8 bits; numbers of a palette's colours as they are. */
function samplesOf(picture: RawPicture, data: Uint8Array): Uint8Array {
  const { width, height, bits, colours } = picture;
  const perRow = width * colours.components;
  const pitch = rowBytes(picture);
  const out = new Uint8Array(perRow * height);
  const most = 2 ** Math.min(bits, 8) - 1;
  const table = levels(picture, most);
  for (let row = 0, to = 0; row < height; row++) {
    const from = row * pitch;
    for (let i = 0; i < perRow; i++, to++) {
      let value: number;
      if (bits === 8) value = data[from + i]!;
      else if (bits === 16) value = data[from + 2 * i]!;
      else {
        const bit = i * bits;
        value = (data[from + (bit >> 3)]! >> (8 - bits - (bit & 7))) & most;
      }
      out[to] = table[(i % colours.components) * 256 + value]!;
    }
  }
  return out;
}

/** For each component what its samples stand for, in 8 bits. */
function levels({ colours, bits, decode }: RawPicture, most: number): Uint8Array {
  const { components, palette } = colours;
  const table = new Uint8Array(components * 256);
  for (let component = 0; component < components; component++) {
    const top = palette ? 2 ** bits - 1 : 1;
    const low = decode?.[2 * component] ?? 0;
    const high = decode?.[2 * component + 1] ?? top;
    for (let value = 0; value <= most; value++) {
      const meant = low + (value * (high - low)) / most;
      table[component * 256 + value] = Math.max(0, Math.min(255, Math.round(palette ? meant : meant * 255)));
    }
  }
  return table;
}

function lookedUp(numbers: Uint8Array, palette: Uint8Array, channels: number): Uint8Array {
  const out = new Uint8Array(numbers.length * channels);
  for (let i = 0; i < numbers.length; i++) {
    for (let c = 0; c < channels; c++) out[i * channels + c] = palette[numbers[i]! * channels + c] ?? 0;
  }
  return out;
}
