/** What OpenCV's decoders do to the samples that a file holds. Every function here makes a new array. */

/** 16 bits to 8 as libpng and libtiff's grey path do it. */
export function dropLowByte(samples: Uint16Array): Uint8Array {
  return Uint8Array.from(samples, (value) => value >> 8);
}

/** 16 bits to 8 as libtiff does it for colour: the nearest of the 256 levels. */
export function roundTo8Bits(samples: Uint16Array): Uint8Array {
  return Uint8Array.from(samples, (value) => Math.trunc((value + 128) / 257));
}

/**
 * Multiplies with alpha and drops it, as libtiff's RGBA interface does, through which OpenCV reads TIFF. Elsewhere
 * OpenCV leaves the colours under transparent pixels as they are.
 *
 * @param samples RGBA or grey with alpha, interleaved.
 * @param colours 3 or 1, the channels before alpha.
 */
export function premultiply(samples: Uint8Array, colours: 1 | 3): Uint8Array {
  const pixels = samples.length / (colours + 1);
  const out = new Uint8Array(pixels * colours);
  for (let i = 0, from = 0, to = 0; i < pixels; i++, from++) {
    const alpha = samples[from + colours]!;
    for (let c = 0; c < colours; c++) out[to++] = (samples[from++]! * alpha + 127) / 255;
  }
  return out;
}

/** RGBA to RGB, with a background colour where alpha is 0. */
export function fillTransparent(rgba: Uint8Array, background: readonly [number, number, number]): Uint8Array {
  const out = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const opaque = rgba[from + 3]! > 0;
    for (let c = 0; c < 3; c++) out[to + c] = opaque ? rgba[from + c]! : background[c]!;
  }
  return out;
}

/**
 * Ink to light, as OpenCV does it for JPEG and libtiff for TIFF.
 *
 * @param samples C, M, Y, K, 255 being full ink; further channels are passed over.
 */
export function cmykToRgb(samples: Uint8Array, channels: number, format: string): Uint8Array {
  const out = new Uint8Array((samples.length / channels) * 3);
  for (let from = 0, to = 0; from < samples.length; from += channels) {
    const light = 255 - samples[from + 3]!;
    for (let c = 0; c < 3; c++) {
      const ink = samples[from + c]!;
      out[to++] = format === 'jpeg' ? light - ((ink * light) >> 8) : ((255 - ink) * light) / 255;
    }
  }
  return out;
}
