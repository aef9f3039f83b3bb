/** What stands in the directories of a TIFF file (TIFF 6.0, and BigTIFF). Only headers are read here, never pixels. */

/** A directory: what one page, or an image that hangs on it, is. */
export interface Directory {
  /** Where each tag's entry begins in the file. */
  entries: ReadonlyMap<number, number>;
  /** The numbers of a tag; empty where it is missing, or no list of whole numbers. */
  numbers: (tag: number) => number[];
  /** The fractions of a tag. */
  rationals: (tag: number) => number[];
}

export interface TiffFile {
  littleEndian: boolean;
  /** The chain of directories, which are its pages. */
  pages: Directory[];
  /** Images that hang on a page. */
  below: (page: Directory) => Directory[];
}

export const TAGS = {
  kind: 254,
  oldKind: 255,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  samples: 277,
  palette: 320,
  below: 330,
  extraSamples: 338,
  sampleFormat: 339,
  whitePoint: 318,
  lumaWeights: 529,
  chromaSubsampling: 530,
  referenceLevels: 532,
  dngVersion: 50706,
} as const;

/** Values of PhotometricInterpretation. */
export const PHOTOMETRIC = { rgb: 2, ycbcr: 6, cielab: 8, cfa: 32803, linearRaw: 34892 } as const;

/** What only cameras write: packed Olympus and Epson, Sony, Samsung, Nikon, Kodak, Pentax. */
const RAW_COMPRESSIONS = new Set([262, 32767, 32769, 32770, 34713, 65000, 65535]);

/** A chain that leads in a circle, or a hostile one, ends here. */
const MOST_PAGES = 10_000;

/** Bytes of a value of each type that is a whole number: BYTE, SHORT, LONG, IFD, LONG8, IFD8. */
const WIDTHS: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8 };
const RATIONAL = 5;

/**
 * Reads the directories of a TIFF file. What lies beyond the end of the bytes is left out, so the head of a file will do
 * for what stands in it.
 *
 * @returns nothing where the bytes are no TIFF file
 */
export function readTiff(file: Uint8Array): TiffFile | undefined {
  const reader = new Reader(file);
  if (!reader.isTiff) return undefined;
  return {
    littleEndian: reader.little,
    pages: reader.chain(reader.pointer(reader.big ? 8 : 4)),
    below: (page) => page.numbers(TAGS.below).flatMap((at) => reader.chain(at, 1)),
  };
}

/**
 * Whether a TIFF file is a camera's raw file. Its first page is a small preview then, or the sensor's own values, and
 * neither is the photo.
 */
export function cameraRaw(file: Uint8Array): boolean {
  const tiff = readTiff(file);
  if (tiff === undefined) return false;
  const below = tiff.pages.flatMap(tiff.below);
  const all = [...tiff.pages, ...below];
  if (all.some(isSensorData) || tiff.pages.some(({ entries }) => entries.has(TAGS.dngVersion))) return true;
  // A preview of something larger that hangs on it, whatever that is.
  const [first] = tiff.pages;
  return first !== undefined && isReduced(first) && below.some((page) => area(page) > area(first));
}

/** Bits of NewSubfileType, and the value of the older SubfileType that means the same as the first. */
const REDUCED = 1;
const TRANSPARENCY = 4;
const OLD_REDUCED = 2;

/** Whether a page is a smaller copy of another one. */
export function isReduced(page: Directory): boolean {
  const [kind] = page.numbers(TAGS.kind);
  if (kind !== undefined) return (kind & REDUCED) !== 0;
  return page.numbers(TAGS.oldKind)[0] === OLD_REDUCED;
}

/** Whether a page says which parts of another one can be seen. */
export function isTransparencyMask(page: Directory): boolean {
  return ((page.numbers(TAGS.kind)[0] ?? 0) & TRANSPARENCY) !== 0;
}

function isSensorData(page: Directory): boolean {
  const [photometric = 0] = page.numbers(TAGS.photometric);
  const [compression = 1] = page.numbers(TAGS.compression);
  return (
    photometric === PHOTOMETRIC.cfa ||
    photometric === PHOTOMETRIC.linearRaw ||
    RAW_COMPRESSIONS.has(compression)
  );
}

function area(page: Directory): number {
  return (page.numbers(TAGS.width)[0] ?? 0) * (page.numbers(TAGS.height)[0] ?? 0);
}

/** What the first channel beyond the colours of a TIFF file means. */
export type TiffAlpha = 'none' | 'unspecified' | 'premultiplied' | 'straight';

/** Values of the tag ExtraSamples, TIFF 6.0 page 31. */
const MEANINGS: readonly TiffAlpha[] = ['unspecified', 'premultiplied', 'straight'];

/**
 * Reads the tag ExtraSamples. It matters because libtiff multiplies colours with a straight alpha, and because libvips
 * divides them by a premultiplied one; a selection that somebody saved is "unspecified".
 */
export function tiffAlpha(page: Directory | undefined): TiffAlpha {
  const [meaning] = page?.numbers(TAGS.extraSamples) ?? [];
  return meaning === undefined ? 'none' : (MEANINGS[meaning] ?? 'unspecified');
}

/** Values of the tag Compression: JPEG as in TIFF 6.0, and as in its technical note 2. */
const JPEG_COMPRESSIONS: readonly (number | undefined)[] = [6, 7];

/** Whether a page holds JPEG data, which are RGB when they are decoded, and not quite what was encoded. */
export function holdsJpeg(page: Directory | undefined): boolean {
  return JPEG_COMPRESSIONS.includes(page?.numbers(TAGS.compression)[0]);
}

class Reader {
  readonly #view: DataView;
  readonly little: boolean;
  readonly isTiff: boolean;
  readonly big: boolean;

  constructor(file: Uint8Array) {
    this.#view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    this.little = file[0] === 0x49;
    const order = file.length >= 8 && file[0] === file[1] && (this.little || file[0] === 0x4d);
    const version = order ? this.#view.getUint16(2, this.little) : 0;
    this.big = version === 43;
    this.isTiff = version === 42 || this.big;
  }

  chain(at: number, most = MOST_PAGES): Directory[] {
    const pages: Directory[] = [];
    const seen = new Set<number>();
    let next = at;
    while (next > 0 && !seen.has(next) && pages.length < most) {
      seen.add(next);
      const read = this.#directory(next);
      if (read === undefined) break;
      pages.push(read.directory);
      next = read.next;
    }
    return pages;
  }

  /** An address: of 64 bits in BigTIFF, of 32 otherwise; 0 beyond the end. */
  pointer(at: number): number {
    return this.#number(at, this.big ? 8 : 4) ?? 0;
  }

  /** Classic files count entries in 16 bits and have 12 bytes an entry; BigTIFF 64 bits and 20 bytes. */
  #directory(at: number): { directory: Directory; next: number } | undefined {
    const count = this.#number(at, this.big ? 8 : 2);
    const first = at + (this.big ? 8 : 2);
    const size = this.big ? 20 : 12;
    if (count === undefined || count === 0 || count > 0xffff) return undefined;
    const entries = new Map<number, number>();
    for (let index = 0, entry = first; index < count; index++, entry += size) {
      const tag = this.#number(entry, 2);
      if (tag === undefined) break;
      entries.set(tag, entry);
    }
    const numbers = (tag: number): number[] => this.#values(entries.get(tag), (type) => WIDTHS[type]);
    const rationals = (tag: number): number[] => {
      const parts = this.#values(entries.get(tag), (type) => (type === RATIONAL ? 4 : undefined), 2);
      return parts.flatMap((part, index) => (index % 2 === 0 ? [] : [parts[index - 1]! / part]));
    };
    return { directory: { entries, numbers, rationals }, next: this.pointer(first + count * size) };
  }

  #values(entry: number | undefined, widthOf: (type: number) => number | undefined, parts = 1): number[] {
    if (entry === undefined) return [];
    const width = widthOf(this.#number(entry + 2, 2) ?? 0);
    const count = this.#number(entry + 4, this.big ? 8 : 4);
    if (width === undefined || count === undefined || count > MOST_PAGES) return [];
    const value = entry + (this.big ? 12 : 8);
    // Values stay in the entry where they fit, otherwise a pointer does.
    const bytes = width * parts * count;
    const start = bytes <= (this.big ? 8 : 4) ? value : this.pointer(value);
    const values: number[] = [];
    for (let index = 0; index < count * parts; index++) {
      const found = this.#number(start + index * width, width);
      if (found === undefined) break;
      values.push(found);
    }
    return values;
  }

  #number(at: number, width: number): number | undefined {
    if (at < 0 || at + width > this.#view.byteLength) return undefined;
    if (width === 1) return this.#view.getUint8(at);
    if (width === 2) return this.#view.getUint16(at, this.little);
    if (width === 4) return this.#view.getUint32(at, this.little);
    return Number(this.#view.getBigUint64(at, this.little));
  }
}
