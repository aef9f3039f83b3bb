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
import type { ImageFormat } from './format.js';
import { gifBackground } from './gif.js';
import type { Pixels, SizeCheck } from '../pixels.js';
import { loadSharp } from '../sharp.js';
import { tiffAlpha } from './tiff.js';

/** Everything that sharp would do to the pixels by itself is switched off, but for turning them upright. */
const UNTOUCHED: SharpOptions = { ignoreIcc: true, autoOrient: true, limitInputPixels: false };

export async function decodeWithSharp(
  file: Uint8Array,
  name: string,
  format: ImageFormat,
  checkSize: SizeCheck,
): Promise<Pixels & { warnings: string[] }> {
  const sharp = await loadSharp();
  const header = await sharp(file, UNTOUCHED).metadata();
  checkSize(header.width, header.height);
  if (header.depth !== 'uchar' && header.depth !== 'ushort') {
    throw new OfxError(
      'IMAGE_UNSUPPORTED',
      `${name} has pixels of type "${header.depth}", and only 8 and 16 bits are read.`,
    );
  }
  const warnings =
    header.space === 'cmyk'
      ? ['The picture is CMYK, which every decoder turns into RGB in its own way.']
      : [];
  if (format !== 'jpeg') return { ...(await readPixels(file, format, header, 'error')), warnings };

  // libjpeg repairs damage as far as it can and only warns of it. What it makes of the file is what OpenCV shows too,
  // so it is accepted, but whoever reads the result has to know.
  try {
    return { ...(await readPixels(file, format, header, 'warning')), warnings };
  } catch (error) {
    const pixels = await readPixels(file, format, header, 'error');
    const damage = (error as Error).message.split('\n', 1)[0]!;
    return {
      ...pixels,
      warnings: [...warnings, `The file is damaged, parts of the picture may be wrong: ${damage}.`],
    };
  }
}

async function readPixels(
  file: Uint8Array,
  format: ImageFormat,
  header: Metadata,
  failOn: 'error' | 'warning',
): Promise<Pixels> {
  const sharp = await loadSharp();
  const pipeline = sharp(file, { ...UNTOUCHED, failOn });
  const wide = header.depth === 'ushort';
  const cmyk = header.space === 'cmyk';
  const alpha = header.hasAlpha ? alphaRule(file, format, isGrey(header)) : 'drop';
  // sharp gives the alpha of grey pictures away, so one that is needed is read with colours.
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
  file: Uint8Array,
  format: ImageFormat,
  grey: boolean,
): 'drop' | 'fill' | 'multiply' | 'multiply again' {
  if (format === 'gif') return 'fill';
  if (format !== 'tiff') return 'drop';
  const meaning = tiffAlpha(file);
  if (meaning === 'premultiplied') return 'multiply again';
  return meaning === 'straight' && !grey ? 'multiply' : 'drop';
}

function isGrey(header: Metadata): boolean {
  return header.space === 'b-w' || header.space === 'grey16';
}
