import type { Metadata, SharpOptions } from 'sharp';
import { OfxError } from '../../core/errors.js';
import {
  cmykToRgb,
  dropLowByte,
  fillTransparent,
  premultiply,
  premultiplyAgain,
  roundTo8Bits,
} from './channels.js';
import type { ImageFormat } from './formats.js';
import { gifDamage } from './gif-damage.js';
import { coverBackground, gifBackground } from './gif.js';
import type { Pixels, SizeCheck } from '../pixels.js';
import { loadSharp } from '../sharp.js';
import { readJpeg } from './jpeg.js';
import { pngFrames, withExifInFront } from './png.js';
import type { Oddity } from './oddity.js';
import { holdsJpeg, readTiff, tiffAlpha, type Directory } from './tiff.js';
import {
  asRgb,
  cielabToRgb,
  storedColour,
  unsupportedSamples,
  ycbcrToRgb,
  type ColourConversion,
} from './tiff-colour.js';

/** Everything that sharp would do to the pixels by itself is switched off, but for turning them upright. */
const UNTOUCHED: SharpOptions = { ignoreIcc: true, autoOrient: true, limitInputPixels: false };

/**
 * @param page counted from 1; only TIFF files have more than one
 * @throws {OfxError} IMAGE_TOO_LARGE, IMAGE_UNSUPPORTED; sharp's error for anything else
 */
export async function decodeWithSharp(
  original: Uint8Array,
  name: string,
  format: ImageFormat,
  checkSize: SizeCheck,
  page: number,
): Promise<Pixels & { warnings: string[]; oddities: Oddity[] }> {
  const { file, colours, warnings, oddities, hasEnd, damage, tiffPage } = prepare(
    original,
    name,
    format,
    page,
  );
  const sharp = await loadSharp();
  const options = { ...UNTOUCHED, page: page - 1 };
  const header = await sharp(file, options).metadata();
  checkSize(header.width, header.height);
  if (header.depth !== 'uchar' && header.depth !== 'ushort') {
    throw new OfxError(
      'IMAGE_UNSUPPORTED',
      `${name} has pixels of type "${header.depth}", and only 8 and 16 bits are read.`,
    );
  }
  if (header.space === 'cmyk') {
    oddities.push('cmyk');
    warnings.push('The image is CMYK, which every decoder turns into RGB in its own way.');
  }
  const frames = format === 'png' ? pngFrames(file) : format === 'tiff' ? 1 : (header.pages ?? 1);
  if (frames > 1) {
    oddities.push('animation');
    warnings.push(`It is an animation of ${frames} frames, of which only the first was looked at.`);
  }
  const read = async (failOn: 'error' | 'warning'): Promise<Pixels> =>
    readPixels(file, format, header, { ...options, failOn }, tiffPage);
  if (format !== 'jpeg' && !holdsJpeg(tiffPage)) {
    const pixels = await read('error');
    const wrong = format === 'gif' ? gifDamage(file) : undefined;
    if (wrong !== undefined) {
      oddities.push('damaged');
      warnings.push(aboutDamage(wrong));
    }
    colours?.(pixels.data);
    return { ...(format === 'gif' ? coverBackground(file, pixels) : pixels), warnings, oddities };
  }

  // libjpeg repairs damage as far as it can and only warns of it. What it makes of the file is what OpenCV shows too,
  // so it is accepted, but whoever reads the result has to know. What was cut off is refused.
  if (damage !== undefined && !hasEnd) throw new Error(damage);
  const repaired = (complaint: string): void => {
    oddities.push('damaged');
    warnings.push(aboutDamage(complaint));
  };
  if (damage !== undefined) repaired(damage);
  try {
    return { ...(await read('warning')), warnings, oddities };
  } catch (error) {
    const pixels = await read('error');
    const complaint = firstComplaint(error as Error);
    if (!hasEnd) throw new Error(`premature end of the file (${complaint})`, { cause: error });
    if (damage === undefined) repaired(complaint);
    return { ...pixels, warnings, oddities };
  }
}

function aboutDamage(complaint: string): string {
  return `The file is damaged, parts of the image may be wrong: ${complaint}.`;
}

/** What the decoder said first, without sharp's own heading. */
function firstComplaint({ message }: Error): string {
  const [first = '', second = first] = message.split('\n');
  return /failOn/.test(first) ? second : first;
}

interface Prepared {
  /** The file as sharp shall read it. */
  file: Uint8Array;
  /** What is left to do with the pixels that sharp gives. */
  colours?: ColourConversion;
  warnings: string[];
  oddities: Oddity[];
  /** Of a JPEG file: false where it may have been cut off. */
  hasEnd: boolean;
  damage?: string | undefined;
  tiffPage?: Directory | undefined;
}

/** Changes in a file what sharp reads otherwise than OpenCV, or not at all. */
function prepare(file: Uint8Array, name: string, format: ImageFormat, page: number): Prepared {
  if (format === 'jpeg') {
    const { bytes, unsupported, hasEnd, damage } = readJpeg(file);
    if (unsupported !== undefined) throw unsupportedKind(name, unsupported);
    return { file: bytes, warnings: [], oddities: [], hasEnd, damage };
  }
  if (format === 'png') return { file: withExifInFront(file), warnings: [], oddities: [], hasEnd: true };
  if (format === 'avif') return prepareAvif(file);
  if (format !== 'tiff') return { file, warnings: [], oddities: [], hasEnd: true };
  const tiff = readTiff(file);
  const tiffPage = tiff?.pages[page - 1];
  if (tiff === undefined || tiffPage === undefined) return { file, warnings: [], oddities: [], hasEnd: true };
  const unsupported = unsupportedSamples(tiffPage);
  if (unsupported !== undefined) {
    throw new OfxError(
      'IMAGE_UNSUPPORTED',
      `${name} is ${unsupported}, and only whole numbers of 8 and 16 bits are read.`,
      {
        suggestion: 'Save it as a TIFF or PNG of 8 or 16 bits.',
      },
    );
  }
  const stored = storedColour(tiffPage);
  if (stored === undefined) return { file, warnings: [], oddities: [], hasEnd: true, tiffPage };
  if (typeof stored === 'object') throw unsupportedKind(name, stored.unsupported);
  return {
    file: asRgb(file, tiffPage, tiff.littleEndian),
    colours: stored === 'ycbcr' ? ycbcrToRgb(tiffPage) : cielabToRgb(tiffPage),
    warnings: [],
    oddities: [],
    hasEnd: true,
    tiffPage,
  };
}

/** libvips knows the brand of still images only; the first frame of an animation is one. */
function prepareAvif(file: Uint8Array): Prepared {
  const bytes = Buffer.from(file);
  if (bytes.toString('latin1', 8, 12) !== 'avis') return { file, warnings: [], oddities: [], hasEnd: true };
  bytes.write('avif', 8, 'latin1');
  return {
    file: bytes,
    warnings: ['It is an animation, of which only the first frame was looked at.'],
    oddities: ['animation'],
    hasEnd: true,
  };
}

function unsupportedKind(name: string, what: string): OfxError {
  return new OfxError('IMAGE_UNSUPPORTED', `${name} is ${what}, which ofx does not read.`, {
    suggestion: 'Convert it to PNG without changing its size.',
  });
}

async function readPixels(
  file: Uint8Array,
  format: ImageFormat,
  header: Metadata,
  options: SharpOptions,
  tiffPage: Directory | undefined,
): Promise<Pixels> {
  const sharp = await loadSharp();
  const pipeline = sharp(file, options);
  const wide = header.depth === 'ushort';
  const cmyk = header.space === 'cmyk';
  const alpha = header.hasAlpha ? alphaRule(format, isGrey(header), tiffPage) : 'drop';
  // sharp gives the alpha of grey images away, so one that is needed is read with colours.
  const grey = isGrey(header) && alpha === 'drop';
  if (cmyk) pipeline.pipelineColourspace('cmyk').toColourspace('cmyk');
  else if (grey) pipeline.toColourspace(wide ? 'grey16' : 'b-w');
  else pipeline.toColourspace(wide ? 'rgb16' : 'srgb');
  if (alpha === 'drop') pipeline.removeAlpha();

  const { data: bytes, info } = await pipeline
    .raw({ depth: wide ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const stored = wide ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2) : bytes;
  const samples = alpha === 'multiply again' ? premultiplyAgain(stored, wide ? 65535 : 255) : stored;
  // libtiff, with which OpenCV reads TIFF, rounds 16-bit colour; everywhere else the low byte is dropped.
  const reduce = format === 'tiff' && !isGrey(header) ? roundTo8Bits : dropLowByte;
  const data = samples instanceof Uint16Array ? reduce(samples) : samples;

  if (cmyk) return { width, height, channels: 3, data: cmykToRgb(data, info.channels, format) };
  if (alpha === 'fill')
    return { width, height, channels: 3, data: fillTransparent(data, gifBackground(file)) };
  if (alpha === 'multiply') return { width, height, channels: 3, data: premultiply(data) };
  return { width, height, channels: grey ? 1 : 3, data };
}

/** What OpenCV does about alpha: of most formats it leaves it out, and the colours below it as they are. */
function alphaRule(
  format: ImageFormat,
  grey: boolean,
  tiffPage: Directory | undefined,
): 'drop' | 'fill' | 'multiply' | 'multiply again' {
  if (format === 'gif') return 'fill';
  if (format !== 'tiff') return 'drop';
  const meaning = tiffAlpha(tiffPage);
  if (meaning === 'premultiplied') return 'multiply again';
  return meaning === 'straight' && !grey ? 'multiply' : 'drop';
}

function isGrey(header: Metadata): boolean {
  return header.space === 'b-w' || header.space === 'grey16';
}
