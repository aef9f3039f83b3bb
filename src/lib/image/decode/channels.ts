/** What OpenCV's decoders do to the samples that a file holds. Every function here makes a new array. */

/** 16 bits to 8 as libpng and libtiff's grey path do it. */
export function dropLowByte(samples: Uint16Array): Uint8Array {
  const out = new Uint8Array(samples.length);
  for (let i = 0; i < out.length; i++) out[i] = samples[i]! >> 8;
  return out;
}

/** 16 bits to 8 as libtiff does it for colour: the nearest of the 256 levels. */
export function roundTo8Bits(samples: Uint16Array): Uint8Array {
  const out = new Uint8Array(samples.length);
  for (let i = 0; i < out.length; i++) out[i] = (samples[i]! + 128) / 257;
  return out;
}

/** RGBA to RGB multiplied with alpha, rounded as in libtiff's RGBA interface, through which OpenCV reads TIFF. */
export function premultiply(rgba: Uint8Array): Uint8Array {
  return mapRgba(rgba, (value, alpha) => (value * alpha + 127) / 255);
}

/**
 * RGBA to RGB, undoing the division by alpha that libvips does, rounding down, where a TIFF file says that its colours
 * are premultiplied.
 */
export function premultiplyAgain<Samples extends Uint8Array | Uint16Array>(
  rgba: Samples,
  most: number,
): Samples {
  return mapRgba(rgba, (value, alpha) => Math.ceil((value * alpha) / most));
}

/** RGBA to RGB, with a background colour where alpha is 0. */
export function fillTransparent(rgba: Uint8Array, background: readonly [number, number, number]): Uint8Array {
  return mapRgba(rgba, (value, alpha, channel) => (alpha > 0 ? value : background[channel]!));
}

function mapRgba<Samples extends Uint8Array | Uint16Array>(
  rgba: Samples,
  map: (value: number, alpha: number, channel: number) => number,
): Samples {
  const rgb = rgba.slice(0, (rgba.length / 4) * 3) as Samples;
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    const alpha = rgba[from + 3]!;
    for (let channel = 0; channel < 3; channel++) rgb[to++] = map(rgba[from + channel]!, alpha, channel);
  }
  return rgb;
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
