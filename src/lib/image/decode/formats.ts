import { cameraRaw } from './tiff.js';

/** The image formats that can be decoded. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'tiff' | 'avif' | 'gif' | 'bmp' | 'pdf';

/** A kind of file that its first bytes tell. Everything that `ofx` knows about formats stands in {@link FORMATS}. */
export interface FileFormat {
  /** With its article, as a message calls one: "a JPEG XL image". */
  what: string;
  /** What it is called in a list of formats. */
  name: string;
  /**
   * Whether it shows something that can be forged: images and pages. One that cannot be decoded is an input that was
   * not seen; anything else is no input.
   */
  isImage: boolean;
  /** Endings of names, with their dot, lower case; a file named like that counts as an image whatever it holds. */
  extensions: readonly string[];
  /** How it is decoded; nothing where `ofx` refuses it. */
  decoder?: ImageFormat;
  /** What to do about one that is refused. */
  advice?: string;
  /** Whether a file is of this kind. */
  matches: (file: Head) => boolean;
}

/** The beginning of a file, or all of it. */
interface Head {
  bytes: Buffer;
  /** Its first bytes as Latin-1, a character a byte. */
  text: string;
}

/** Enough bytes for every signature. Where a TIFF file is a camera's raw file may stand farther behind. */
export const SNIFF_BYTES = 1024;

const DEVELOP =
  'Develop it into a 16-bit TIFF or a PNG with a raw converter: what lies in it as an image is only a preview.';
const RENDER = 'Render its pages as PNG or TIFF, and score those.';
const CONVERT = 'Convert it to PNG without changing its size; that keeps the traces that are looked for.';

function starts(...signatures: string[]): FileFormat['matches'] {
  return ({ text }) => signatures.some((signature) => text.startsWith(signature));
}

function at(offset: number, ...signatures: string[]): FileFormat['matches'] {
  return ({ text }) => signatures.some((signature) => text.startsWith(signature, offset));
}

/** AVIF, HEIC, raw photos and video share one container; the brands of its first box tell which it is. */
function brand(pattern: RegExp): FileFormat['matches'] {
  return ({ bytes, text }) =>
    text.startsWith('ftyp', 4) && pattern.test(text.slice(8, Math.min(bytes.readUInt32BE(0), text.length)));
}

function image(
  name: string,
  what: string,
  extensions: string,
  matches: FileFormat['matches'],
  more: Pick<FileFormat, 'decoder' | 'advice'>,
): FileFormat {
  return { name, what, extensions: extensions.split(' ').filter(Boolean), matches, isImage: true, ...more };
}

function other(what: string, matches: FileFormat['matches']): FileFormat {
  return { name: what, what, extensions: [], matches, isImage: false };
}

/** The first that matches wins. */
export const FORMATS: readonly FileFormat[] = [
  image('JPEG-LS', 'a JPEG-LS image', '.jls', starts('\xff\xd8\xff\xf7'), { advice: CONVERT }),
  image('JPEG', 'a JPEG image', '.jpg .jpeg .jpe .jfif .mpo .insp .jps', starts('\xff\xd8\xff'), {
    decoder: 'jpeg',
  }),
  image('PNG', 'a PNG image', '.png .apng', starts('\x89PNG\r\n\x1a\n'), { decoder: 'png' }),
  image('WebP', 'a WebP image', '.webp', (head) => starts('RIFF')(head) && at(8, 'WEBP')(head), {
    decoder: 'webp',
  }),
  image(
    'camera raw',
    'a camera raw file',
    '.dng .nef .nrw .arw .sr2 .srf .cr2 .cr3 .crw .orf .rw2 .rwl .pef .srw .raf .raw .3fr .fff .iiq .mef .mos .mrw .dcr .kdc .erf .x3f .gpr',
    (head) =>
      at(8, 'CR\x02')(head) ||
      starts(
        'IIRO',
        'IIRS',
        'MMOR',
        'IIU\0',
        'FUJIFILMCCD-RAW',
        'FOVb',
        '\0MRM',
        'II\x1a\0\0\0HEAPCCDR',
      )(head) ||
      brand(/^crx /)(head) ||
      cameraRaw(head.bytes),
    { advice: DEVELOP },
  ),
  image('TIFF', 'a TIFF image', '.tif .tiff', starts('II*\0', 'MM\0*', 'II+\0', 'MM\0+'), {
    decoder: 'tiff',
  }),
  image('AVIF', 'an AVIF image', '.avif .avifs', brand(/avi[fs]/), { decoder: 'avif' }),
  image('GIF', 'a GIF image', '.gif', starts('GIF87a', 'GIF89a'), { decoder: 'gif' }),
  image('BMP', 'a BMP image', '.bmp .dib .rle', isBmp, { decoder: 'bmp' }),
  // Readers look for the mark in the first kilobyte, behind whatever a mailer wrote.
  image('PDF', 'a PDF document', '.pdf', ({ text }) => /^\s*%PDF-|[\r\n]%PDF-\d\.\d/.test(text), {
    decoder: 'pdf',
  }),

  image(
    'HEIC',
    'a HEIC image',
    '.heic .heif .heics .heifs .hif .avci',
    brand(/hei[cxms]|hev[cxms]|mif1|msf1|avci/),
    {
      advice: CONVERT,
    },
  ),
  image('JPEG XL', 'a JPEG XL image', '.jxl', starts('\0\0\0\x0cJXL ', '\xff\x0a'), { advice: CONVERT }),
  image(
    'JPEG 2000',
    'a JPEG 2000 image',
    '.jp2 .j2k .j2c .jpc .jpf .jpx .jpm',
    starts('\0\0\0\x0cjP  ', '\xffO\xffQ'),
    {
      advice: CONVERT,
    },
  ),
  image('JPEG XR', 'a JPEG XR image', '.jxr .wdp .hdp', starts('II\xbc'), { advice: CONVERT }),
  image('PNM', 'a PNM image', '.pnm .ppm .pgm .pbm .pam .pfm', ({ text }) => /^P[1-7Ff]\s/.test(text), {
    advice: CONVERT,
  }),
  image('Photoshop', 'a Photoshop document', '.psd .psb', starts('8BPS'), { advice: CONVERT }),
  image('GIMP', 'a GIMP document', '.xcf', starts('gimp xcf'), { advice: CONVERT }),
  image('OpenEXR', 'an OpenEXR image', '.exr', starts('\x76\x2f\x31\x01'), { advice: CONVERT }),
  image('Radiance HDR', 'a Radiance HDR image', '.hdr', starts('#?RADIANCE', '#?RGBE'), {
    advice: CONVERT,
  }),
  image('icon', 'an icon', '.ico .cur .icns', starts('\0\0\x01\0', '\0\0\x02\0', 'icns'), {
    advice: CONVERT,
  }),
  image('QOI', 'a QOI image', '.qoi', starts('qoif'), { advice: CONVERT }),
  image('DDS', 'a DDS texture', '.dds', starts('DDS '), { advice: CONVERT }),
  image('Targa', 'a Targa image', '.tga', () => false, { advice: CONVERT }),
  image('PCX', 'a PCX image', '.pcx', ({ text }) => /^\x0a[\x00\x02-\x05]\x01[\x01\x02\x04\x08]/.test(text), {
    advice: CONVERT,
  }),
  image('Sun raster', 'a Sun raster image', '.ras .sun', starts('\x59\xa6\x6a\x95'), { advice: CONVERT }),
  image(
    'SGI',
    'an SGI image',
    '.sgi .rgb .bw',
    ({ text }) => /^\x01\xda[\x00\x01][\x01\x02]\0[\x01-\x03]/.test(text),
    { advice: CONVERT },
  ),
  image('BPG', 'a BPG image', '.bpg', starts('BPG\xfb'), { advice: CONVERT }),
  image('FLIF', 'a FLIF image', '.flif', starts('FLIF'), { advice: CONVERT }),
  image('MNG', 'an MNG or JNG image', '.mng .jng', starts('\x8aMNG\r\n', '\x8bJNG\r\n'), {
    advice: CONVERT,
  }),
  image('DICOM', 'a DICOM image', '.dcm .dicom', at(128, 'DICM'), { advice: CONVERT }),
  image('FITS', 'a FITS image', '.fits .fts', starts('SIMPLE  ='), { advice: CONVERT }),
  image('XPM', 'an XPM image', '.xpm .xbm', starts('/* XPM */'), { advice: CONVERT }),
  image(
    'metafile',
    'a Windows metafile',
    '.wmf .emf',
    ({ text }) => text.startsWith('\xd7\xcd\xc6\x9a') || text.startsWith(' EMF', 40),
    {
      advice: CONVERT,
    },
  ),
  image('DjVu', 'a DjVu document', '.djvu .djv', starts('AT&TFORM'), { advice: RENDER }),
  image('PostScript', 'a PostScript document', '.ps .eps .ai', starts('%!PS', '\xc5\xd0\xd3\xc6'), {
    advice: RENDER,
  }),
  image('XPS', 'an XPS document', '.xps .oxps', () => false, { advice: RENDER }),
  image(
    'SVG',
    'an SVG drawing',
    '.svg .svgz',
    (head) =>
      /^\s*<(\?xml|!--|!doctype svg|svg)/i.test(markup(head)) && /<svg|doctype svg/i.test(markup(head)),
    {
      advice: RENDER,
    },
  ),

  other('a zip archive', starts('PK\x03\x04', 'PK\x05\x06')),
  other('a gzip archive', starts('\x1f\x8b')),
  other('a bzip2 archive', starts('BZh')),
  other('an xz archive', starts('\xfd7zXZ\0')),
  other('a Zstandard archive', starts('\x28\xb5\x2f\xfd')),
  other('a 7z archive', starts("7z\xbc\xaf'\x1c")),
  other('a RAR archive', starts('Rar!\x1a\x07')),
  other('a tar archive', at(257, 'ustar')),
  other(
    'a video',
    (head) =>
      brand(/./)(head) ||
      starts('\x1aE\xdf\xa3', '\0\0\x01\xba')(head) ||
      (starts('RIFF')(head) && at(8, 'AVI ')(head)),
  ),
  other('an XML document', (head) => /^\s*<(\?xml|!--)/i.test(markup(head))),
  other('a web page', (head) => /^\s*<(!doctype html|html)/i.test(markup(head))),
];

/** The formats that `ofx` reads, as a sentence names them. */
export const READABLE = FORMATS.flatMap(({ decoder, name }) => (decoder ? [name] : []))
  .join(', ')
  .replace(/, ([^,]*)$/, ' and $1');

const EXTENSIONS = new Set(FORMATS.flatMap(({ extensions }) => extensions));

/** Tells what a file is by its content, never by its name; nothing where no format is known that begins like that. */
export function recogniseFormat(file: Uint8Array): FileFormat | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const head = { bytes, text: bytes.toString('latin1', 0, SNIFF_BYTES) };
  return FORMATS.find(({ matches }) => matches(head));
}

/** Whether a file's name ends like an image's. */
export function hasImageName(name: string): boolean {
  const dot = name.lastIndexOf('.');
  return dot > 0 && EXTENSIONS.has(name.slice(dot).toLowerCase());
}

/** "BM" begins many texts too, so the size of the header that follows must be one of the known ones. */
function isBmp({ bytes, text }: Head): boolean {
  const headerSizes = [12, 16, 40, 52, 56, 64, 108, 124];
  return text.startsWith('BM') && bytes.length >= 18 && headerSizes.includes(bytes.readUInt32LE(14));
}

function markup({ bytes }: Head): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return bytes.toString(utf16 ? 'utf16le' : 'utf8', 0, SNIFF_BYTES).replace(/^\uFEFF/, '');
}
