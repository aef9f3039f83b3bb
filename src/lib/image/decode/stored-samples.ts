import type { Sharp } from 'sharp';
import type { Samples } from './samples.js';
import { loadSharp } from '../sharp.js';

/** What a file holds beyond what OpenCV's decoders give. */
export interface StoredSamples {
  channels: 1 | 3;
  /** As stored: 16 bits where the file has them. */
  samples: Uint8Array | Uint16Array;
  /** The alpha channel in 8 bits; null where there is none, or one that is the same everywhere. */
  alpha: Uint8Array | null;
}

/**
 * Reads what decoding as OpenCV does leaves out: the low byte of 16-bit samples, and the alpha channel.
 *
 * @param decoded what `openImage` made of one of its pages
 * @param page counted from 1
 */
export async function storedSamples(
  file: Uint8Array,
  decoded: Samples,
  page: number,
): Promise<StoredSamples> {
  const { channels, data, format } = decoded;
  // JPEG and BMP have neither.
  if (format === 'jpeg' || format === 'bmp') return { channels, samples: data, alpha: null };
  const sharp = await loadSharp();
  const open = (): ReturnType<typeof sharp> =>
    sharp(file, { ignoreIcc: true, autoOrient: true, limitInputPixels: false, page: page - 1 });
  const header = await open()
    .metadata()
    .catch(() => undefined);
  // What was decoded only after its header was changed, such as CIELAB, holds nothing more.
  if (header === undefined) return { channels, samples: data, alpha: null };
  const { depth, space, hasAlpha } = header;
  const wideSamples = depth === 'ushort' && space !== 'cmyk';
  const alpha = hasAlpha ? await readAlpha(open(), depth === 'ushort') : null;
  const varied = alpha?.some((value) => value !== alpha[0]) ? alpha : null;
  // OpenCV's colours of a TIFF file are multiplied with its alpha: what is transparent would be black.
  const hidden = format === 'tiff' && hasAlpha && (space === 'srgb' || space === 'b-w');
  if (!wideSamples && !hidden) return { channels, samples: data, alpha: varied };
  const grey = space === 'grey16' || space === 'b-w';
  const raw = await open()
    .toColourspace(wideSamples ? (grey ? 'grey16' : 'rgb16') : grey ? 'b-w' : 'srgb')
    .removeAlpha()
    .raw({ depth: wideSamples ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const samples = wideSamples
    ? new Uint16Array(raw.data.buffer, raw.data.byteOffset, raw.data.length / 2)
    : raw.data;
  return { channels: raw.info.channels === 1 ? 1 : 3, samples, alpha: varied };
}

/** The alpha channel in 8 bits, in which what is not wholly transparent stays so. */
async function readAlpha(image: Sharp, wide: boolean): Promise<Uint8Array> {
  const alpha = image.extractChannel('alpha');
  if (!wide) return alpha.raw({ depth: 'uchar' }).toBuffer();
  const bytes = await alpha.toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
  const values = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  return Uint8Array.from(values, (value) => (value > 0 ? Math.max(1, value >> 8) : 0));
}
