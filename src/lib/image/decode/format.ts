/** The picture formats that can be decoded. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'tiff' | 'avif' | 'gif' | 'bmp';

/** What a file's first bytes say it is: a format that can be decoded, one that is known but refused, or nothing. */
export type Recognised = { format: ImageFormat } | { refused: string } | undefined;

interface Signature {
  offset?: number;
  bytes: string;
  is: NonNullable<Recognised>;
}

/** First match wins. `bytes` is Latin-1, one character a byte. */
const SIGNATURES: readonly Signature[] = [
  { bytes: '\xff\xd8\xff', is: { format: 'jpeg' } },
  { bytes: '\x89PNG\r\n\x1a\n', is: { format: 'png' } },
  { bytes: 'GIF87a', is: { format: 'gif' } },
  { bytes: 'GIF89a', is: { format: 'gif' } },
  { offset: 8, bytes: 'WEBP', is: { format: 'webp' } },
  // Camera raw files are TIFF files whose first page is only a thumbnail.
  { offset: 8, bytes: 'CR\x02', is: { refused: 'a Canon raw file' } },
  { bytes: 'II*\0', is: { format: 'tiff' } },
  { bytes: 'MM\0*', is: { format: 'tiff' } },
  { bytes: 'II+\0', is: { format: 'tiff' } },
  { bytes: 'MM\0+', is: { format: 'tiff' } },
  { bytes: '%PDF', is: { refused: 'a PDF document' } },
  { bytes: 'PK\x03\x04', is: { refused: 'a zip archive' } },
  { bytes: 'PK\x05\x06', is: { refused: 'a zip archive' } },
  { bytes: '\x1f\x8b', is: { refused: 'a gzip archive' } },
  { bytes: 'BZh', is: { refused: 'a bzip2 archive' } },
  { bytes: '\xfd7zXZ\0', is: { refused: 'an xz archive' } },
  { bytes: '\x28\xb5\x2f\xfd', is: { refused: 'a Zstandard archive' } },
  { bytes: "7z\xbc\xaf'\x1c", is: { refused: 'a 7z archive' } },
  { bytes: 'Rar!\x1a\x07', is: { refused: 'a RAR archive' } },
  { offset: 257, bytes: 'ustar', is: { refused: 'a tar archive' } },
  { bytes: '8BPS', is: { refused: 'a Photoshop document' } },
  { bytes: '\0\0\0\x0cjP  ', is: { refused: 'a JPEG 2000 picture' } },
  { bytes: '\xffO\xffQ', is: { refused: 'a JPEG 2000 picture' } },
  { bytes: '\0\0\0\x0cJXL ', is: { refused: 'a JPEG XL picture' } },
  { bytes: '\xff\x0a', is: { refused: 'a JPEG XL picture' } },
  { bytes: '\x76\x2f\x31\x01', is: { refused: 'an OpenEXR picture' } },
  { bytes: '#?RADIANCE', is: { refused: 'a Radiance HDR picture' } },
  { bytes: '%!PS', is: { refused: 'a PostScript document' } },
  { bytes: '\0\0\x01\0', is: { refused: 'an icon' } },
];

const SNIFFED_BYTES = 1024;

/** Tells a picture's format by its content, never by its name. */
export function recogniseFormat(file: Uint8Array): Recognised {
  const head = Buffer.from(file.buffer, file.byteOffset, Math.min(file.byteLength, SNIFFED_BYTES));
  const text = head.toString('latin1');
  return (
    SIGNATURES.find(({ offset = 0, bytes }) => text.startsWith(bytes, offset))?.is ??
    recogniseBmp(head) ??
    recogniseIsoMedia(head) ??
    recogniseNetpbm(text) ??
    recogniseMarkup(head)
  );
}

/** "BM" begins many texts too, so the size of the header that follows must be one of the known ones. */
function recogniseBmp(head: Buffer): Recognised {
  const headerSizes = [12, 16, 40, 52, 56, 64, 108, 124];
  return head.toString('latin1', 0, 2) === 'BM' &&
    head.length >= 18 &&
    headerSizes.includes(head.readUInt32LE(14))
    ? { format: 'bmp' }
    : undefined;
}

/** AVIF, HEIC and video share one container; the brands of its first box tell which it is. */
function recogniseIsoMedia(head: Buffer): Recognised {
  if (head.toString('latin1', 4, 8) !== 'ftyp') return undefined;
  const brands = head.toString('latin1', 8, Math.min(head.readUInt32BE(0), head.length));
  if (brands.includes('avif') || brands.includes('avis')) return { format: 'avif' };
  return { refused: /hei[cxms]|hev[cx]|mif1/.test(brands) ? 'a HEIC picture' : 'a video' };
}

function recogniseNetpbm(text: string): Recognised {
  return /^P[1-7]\s/.test(text) ? { refused: 'a PNM picture' } : undefined;
}

function recogniseMarkup(head: Buffer): Recognised {
  const utf16 = head[0] === 0xff && head[1] === 0xfe;
  const text = head.toString(utf16 ? 'utf16le' : 'utf8').replace(/^\uFEFF/, '');
  if (/^\s*<(\?xml|!--|!doctype svg|svg)/i.test(text)) {
    return { refused: /<svg|doctype svg/i.test(text) ? 'an SVG drawing' : 'an XML document' };
  }
  return /^\s*<(!doctype html|html)/i.test(text) ? { refused: 'a web page' } : undefined;
}
