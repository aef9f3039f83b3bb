import { holdsJpeg, PHOTOMETRIC, TAGS, type Directory } from './tiff.js';

/**
 * Colours of TIFF files that libvips hands on as they are stored, and libtiff, through which OpenCV reads TIFF, turns into
 * RGB. The formulas are those of TIFF 6.0 (sections 21 and 23), rounded where libtiff rounds.
 */

/** How stored samples become RGB, in place; nothing where they are RGB or grey already. */
export type ColourConversion = (samples: Uint8Array) => void;

/** Values of PhotometricInterpretation that libvips and libtiff read alike: white is 0, black is 0, RGB, palette, CMYK. */
const READ_ALIKE = new Set([0, 1, 2, 3, 5]);

/** Values of SampleFormat. */
const NUMBERS: Readonly<Record<number, string>> = {
  1: 'whole numbers',
  2: 'signed numbers',
  3: 'floating-point numbers',
  5: 'complex whole numbers',
  6: 'complex numbers',
};
const READABLE_BITS = new Set([1, 2, 4, 8, 16]);

/** What makes the samples of a page something that is not read, in words. */
export function unsupportedSamples(page: Directory): string | undefined {
  const [format = 1] = page.numbers(TAGS.sampleFormat);
  const bits = [...new Set(page.numbers(TAGS.bits))];
  const interleaved = (page.numbers(TAGS.samples)[0] ?? 1) > 1;
  const odd = bits.find((one) => !READABLE_BITS.has(one) || (interleaved && one < 8));
  // 4 means that nobody knows.
  const isSigned = format !== 1 && format !== 4;
  if (odd === undefined && !isSigned) return undefined;
  const size = odd ?? bits[0] ?? 1;
  return `a TIFF of ${NUMBERS[format] ?? `numbers of an unknown kind (${format})`} of ${size} bits`;
}

/** What is stored in a page, if it has to be turned into RGB here or cannot be. */
export function storedColour(page: Directory): 'ycbcr' | 'cielab' | { unsupported: string } | undefined {
  const [photometric] = page.numbers(TAGS.photometric);
  if (photometric === undefined || READ_ALIKE.has(photometric)) return undefined;
  const isPlain = page.numbers(TAGS.samples)[0] === 3 && page.numbers(TAGS.bits).every((bits) => bits === 8);
  if (photometric === PHOTOMETRIC.cielab) {
    return isPlain ? 'cielab' : { unsupported: 'a CIELAB TIFF of other than three channels of 8 bits' };
  }
  if (photometric !== PHOTOMETRIC.ycbcr) {
    return { unsupported: `a TIFF with colours of a rare kind (photometric interpretation ${photometric})` };
  }
  // The JPEG decoder makes RGB of what it decodes.
  if (holdsJpeg(page)) return undefined;
  const [across = 2, down = 2] = page.numbers(TAGS.chromaSubsampling);
  if (across === 1 && down === 1 && isPlain) return 'ycbcr';
  return { unsupported: 'a YCbCr TIFF without JPEG whose chroma is stored in less than full resolution' };
}

/** A copy of the file whose page says that its samples are RGB, so that they are handed over as they are. */
export function asRgb(file: Uint8Array, page: Directory, littleEndian: boolean): Uint8Array {
  const copy = Uint8Array.from(file);
  const entry = page.entries.get(TAGS.photometric)!;
  const big = new DataView(file.buffer, file.byteOffset).getUint16(2, littleEndian) === 43;
  new DataView(copy.buffer).setUint16(entry + (big ? 12 : 8), PHOTOMETRIC.rgb, littleEndian);
  return copy;
}

/** Y, Cb, Cr with 8 bits each, in full resolution, to RGB. */
export function ycbcrToRgb(page: Directory): ColourConversion {
  const [red = 0.299, green = 0.587, blue = 0.114] = page.rationals(TAGS.lumaWeights);
  const given = page.rationals(TAGS.referenceLevels);
  const levels = given.length === 6 ? given : [0, 255, 128, 255, 128, 255];
  const fixed = (factor: number): number => Math.trunc(clamp(factor, 0, 2) * 65536 + 0.5);
  const redOfCr = 2 - 2 * red;
  const blueOfCb = 2 - 2 * blue;
  const factors = {
    redOfCr: fixed(redOfCr),
    greenOfCr: -fixed((red * redOfCr) / green),
    blueOfCb: fixed(blueOfCb),
    greenOfCb: -fixed((blue * blueOfCb) / green),
  };
  const luma = table((code) => clamp(scaled(code, levels[0]!, levels[1]!, 255), -8192, 8192));
  const chroma = (low: number, high: number): Int32Array =>
    table((code) => clamp(scaled(code - 128, low - 128, high - 128, 127), -4096, 4096));
  const cb = chroma(levels[2]!, levels[3]!);
  const cr = chroma(levels[4]!, levels[5]!);
  return (samples) => {
    for (let at = 0; at + 2 < samples.length; at += 3) {
      const y = luma[samples[at]!]!;
      const b = cb[samples[at + 1]!]!;
      const r = cr[samples[at + 2]!]!;
      samples[at] = clamp(y + ((factors.redOfCr * r + 32768) >> 16), 0, 255);
      samples[at + 1] = clamp(y + ((factors.greenOfCb * b + 32768 + factors.greenOfCr * r) >> 16), 0, 255);
      samples[at + 2] = clamp(y + ((factors.blueOfCb * b + 32768) >> 16), 0, 255);
    }
  };
}

/** A stored code as a level, with as many levels between black and white as there shall be. */
function scaled(code: number, black: number, white: number, levels: number): number {
  return Math.trunc(((code - Math.trunc(black)) * levels) / (white === black ? 1 : white - black));
}

/** CIE XYZ, white at 100, to the light of an sRGB display. */
const XYZ_TO_RGB = [
  [3.241, -1.5374, -0.4986],
  [-0.9692, 1.876, 0.0416],
  [0.0556, -0.204, 1.057],
].map((row) => row.map(Math.fround));
const GAMMA = Math.fround(2.4);
/** A display is darkest at 1, brightest at 100; between stand so many steps, each with its level. */
const DARKEST = 1;
const BRIGHTEST = 100;
const STEPS = 1500;

/** L, a, b with 8 bits each, a and b signed, to RGB. All sums are of 32 bits, as in libtiff: a level may hang on it. */
export function cielabToRgb(page: Directory): ColourConversion {
  const f = Math.fround;
  // D50 where the file names no white.
  const [x = 96.425 / 278.893, y = 100 / 278.893] = page.rationals(TAGS.whitePoint).map(f);
  const white = [f(f(x / y) * 100), 100, f(f(f(f(1 - x) - y) / y) * 100)] as const;
  const levels = Uint8Array.from({ length: STEPS + 1 }, (_, step) =>
    Math.min(255, Math.floor(f(255 * f((step / STEPS) ** (1 / GAMMA))) + 0.5)),
  );
  const step = f((BRIGHTEST - DARKEST) / STEPS);
  const level = (light: number): number =>
    levels[Math.min(STEPS, Math.trunc(f(f(clamp(light, DARKEST, BRIGHTEST) - DARKEST) / step)))]!;
  const cube = (root: number, whole: number): number => f(f(f(whole * root) * root) * root);
  const cubed = (root: number, whole: number): number =>
    root < f(0.2069) ? f(f(whole * f(root - f(0.13793))) / f(7.787)) : cube(root, whole);
  return (samples) => {
    for (let at = 0; at + 2 < samples.length; at += 3) {
      const lightness = f(f(samples[at]! * 100) / 255);
      const isDark = lightness < f(8.856);
      const dark = f(f(lightness * white[1]) / f(903.292));
      const root = isDark ? f(f(f(7.787) * f(dark / white[1])) + f(16 / 116)) : f(f(lightness + 16) / 116);
      const luminance = isDark ? dark : cube(root, white[1]);
      const ofX = cubed(f(f(signed(samples[at + 1]!) / 500) + root), white[0]);
      const ofZ = cubed(f(root - f(signed(samples[at + 2]!) / 200)), white[2]);
      for (let channel = 0; channel < 3; channel++) {
        const row = XYZ_TO_RGB[channel]!;
        samples[at + channel] = level(f(f(f(row[0]! * ofX) + f(row[1]! * luminance)) + f(row[2]! * ofZ)));
      }
    }
  };
}

function signed(byte: number): number {
  return byte > 127 ? byte - 256 : byte;
}

function table(valueOf: (code: number) => number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, code) => valueOf(code));
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
