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
  const alpha = hasAlpha ? await open().extractChannel('alpha').raw({ depth: 'uchar' }).toBuffer() : null;
  const varied = alpha?.some((value) => value !== alpha[0]) ? alpha : null;
  if (depth !== 'ushort' || space === 'cmyk') return { channels, samples: data, alpha: varied };
  const wide = await open()
    .toColourspace(space === 'grey16' ? 'grey16' : 'rgb16')
    .removeAlpha()
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const samples = new Uint16Array(wide.data.buffer, wide.data.byteOffset, wide.data.length / 2);
  return { channels: wide.info.channels === 1 ? 1 : 3, samples, alpha: varied };
}
