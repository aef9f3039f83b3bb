import type { Metadata, SharpOptions } from 'sharp';
import { OfxError } from '../errors.js';
import { cmykToRgb, dropLowByte, fillTransparent, premultiply, roundTo8Bits } from './channels.js';
import type { ImageFormat } from './format.js';
import { gifBackground } from './gif.js';
import type { Pixels, SizeCheck } from './pixels.js';
import { loadSharp } from './sharp.js';

/** Everything that sharp would do to the pixels by itself is switched off, but for turning them upright. */
const UNTOUCHED: SharpOptions = { ignoreIcc: true, autoOrient: true, limitInputPixels: false };

export async function decodeWithSharp(
  file: Uint8Array,
  format: ImageFormat,
  checkSize: SizeCheck,
): Promise<Pixels & { warnings: string[] }> {
  const sharp = await loadSharp();
  const header = await sharp(file, UNTOUCHED).metadata();
  checkSize(header.width, header.height);
  if (header.depth !== 'uchar' && header.depth !== 'ushort') {
    throw new OfxError(
      'IMAGE_UNSUPPORTED',
      `Pixels stored as "${header.depth}" are not supported, only 8 or 16 bits.`,
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
  const grey = header.space === 'b-w' || header.space === 'grey16';
  const wide = header.depth === 'ushort';
  const cmyk = header.space === 'cmyk';
  if (cmyk) pipeline.pipelineColourspace('cmyk').toColourspace('cmyk');
  else if (grey) pipeline.toColourspace(wide ? 'grey16' : 'b-w');
  else pipeline.toColourspace(wide ? 'rgb16' : 'srgb');
  const alphaMatters = format === 'tiff' || format === 'gif';
  if (header.hasAlpha && !alphaMatters) pipeline.removeAlpha();

  const { data: bytes, info } = await pipeline
    .raw({ depth: wide ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  // libtiff, with which OpenCV reads TIFF, rounds 16-bit colour; everywhere else the low byte is dropped.
  const reduce = format === 'tiff' && !grey ? roundTo8Bits : dropLowByte;
  const samples = wide ? reduce(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)) : bytes;

  if (cmyk) return { width, height, channels: 3, data: cmykToRgb(samples, info.channels, format) };
  const channels = grey ? 1 : 3;
  if (info.channels === channels) return { width, height, channels, data: samples };
  const data =
    format === 'gif' ? fillTransparent(samples, gifBackground(file)) : premultiply(samples, channels);
  return { width, height, channels, data };
}
