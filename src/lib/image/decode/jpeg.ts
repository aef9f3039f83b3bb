/**
 * What writers of JPEG files do that no decoder minds, and that libvips nevertheless reports like damage, or reads as
 * another format. A file is brought into the form that means the same without such oddities, so that whatever libjpeg
 * still complains of is damage.
 */

export interface JpegFile {
  /** The file as it is, or a copy without its oddities: the same image, pixel by pixel. */
  bytes: Uint8Array;
  /** What makes it something that libjpeg does not decode. */
  unsupported?: string;
  /** Whether it has its end mark; without, it may have been cut off. */
  hasEnd: boolean;
  /** What is missing, although the decoder will not notice. */
  damage?: string;
}

const MARKER = {
  frame: 0xc0,
  progressive: 0xc2,
  huffmanTables: 0xc4,
  arithmeticTables: 0xcc,
  extension: 0xc8,
  firstRestart: 0xd0,
  start: 0xd8,
  end: 0xd9,
  scan: 0xda,
  jfif: 0xe0,
  exif: 0xe1,
  multiPicture: 0xe2,
  temporary: 0x01,
} as const;

/** Frames by their marker, where libjpeg knows no way to decode them (ITU-T T.81, table B.1). */
const UNSUPPORTED_FRAMES: Readonly<Record<number, string>> = {
  0xc3: 'lossless JPEG',
  0xc5: 'hierarchical JPEG',
  0xc6: 'hierarchical JPEG',
  0xc7: 'lossless JPEG',
  0xcb: 'lossless JPEG',
  0xcd: 'hierarchical JPEG',
  0xce: 'hierarchical JPEG',
  0xcf: 'lossless JPEG',
  0xf7: 'JPEG-LS',
};

const END = Uint8Array.of(0xff, MARKER.end);

/**
 * Reads the segments of a JPEG file.
 *
 * - Samsung's cameras write zeros as spectral selection of baseline scans, which decoders ignore.
 * - A file may lack its end mark though all of its pixels are there.
 * - Bytes that no segment owns, and zeros before the end mark, are skipped by decoders.
 * - A version of JFIF above 1 changes nothing.
 * - Ultra HDR adds a map of highlights behind the image, and libvips would read both as a format of its own.
 */
export function readJpeg(file: Uint8Array): JpegFile {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const pieces: Uint8Array[] = [];
  let kept = 0;
  const replace = (from: number, to: number, by?: Uint8Array): void => {
    pieces.push(bytes.subarray(kept, from), ...(by ? [by] : []));
    kept = to;
  };
  const scans = new Scans();
  let frame: number | undefined;
  let ended = false;
  let at = 2;
  while (at < bytes.length && !ended) {
    const mark = nextMark(bytes, at);
    if (mark === undefined) break;
    // A decoder looks for the next mark, too, and complains of what it passes over.
    if (mark.at > at && !scans.began) replace(at, mark.at);
    const { code } = mark;
    if (code === MARKER.end) {
      ended = true;
      at = mark.at + 2;
      continue;
    }
    if (isBare(code)) {
      at = mark.at + 2;
      continue;
    }
    const start = mark.at + 4;
    const length = start <= bytes.length ? bytes.readUInt16BE(mark.at + 2) : 0;
    const end = mark.at + 2 + length;
    if (length < 2 || end > bytes.length) break;
    const body = bytes.subarray(start, end);
    at = end;
    if (code in UNSUPPORTED_FRAMES)
      return { bytes: file, hasEnd: false, unsupported: UNSUPPORTED_FRAMES[code]! };
    if (isFrame(code)) {
      frame = code;
      if (body.length > 5) scans.frame(body, code === MARKER.progressive);
    }
    if (isOfUltraHdr(code, body)) replace(mark.at, end);
    else if (
      code === MARKER.jfif &&
      body.length > 6 &&
      body.toString('latin1', 0, 5) === 'JFIF\0' &&
      body[5] !== 1
    ) {
      replace(start + 5, start + 7, Uint8Array.of(1, 1));
    }
    if (code !== MARKER.scan) continue;
    const components = body[0] ?? 0;
    if (body.length < 4 + 2 * components) break;
    const spectral = start + 1 + 2 * components;
    // In a sequential frame a scan always holds everything: coefficients 0 to 63, in full precision.
    if ((frame === 0xc0 || frame === 0xc1) && !bytes.subarray(spectral, spectral + 3).equals(SEQUENTIAL)) {
      replace(spectral, spectral + 3, SEQUENTIAL);
    }
    scans.scan(body);
    at = endOfScan(bytes, end);
    const padded = beginOfPadding(bytes, end, at);
    if (padded < at && bytes[at + 1] === MARKER.end) replace(padded, at);
  }
  if (ended) {
    if (at < bytes.length) replace(at, bytes.length);
  } else {
    // What stands behind the last scan without a mark, such as a phone's trailer, was read as a part of it.
    replace(bytes.length, bytes.length, END);
  }
  const missing = scans.missing();
  return {
    bytes: pieces.length === 0 ? file : Buffer.concat([...pieces, bytes.subarray(kept)]),
    hasEnd: ended,
    ...(missing !== undefined && { damage: missing }),
  };
}

const SEQUENTIAL = Uint8Array.of(0, 63, 0);

/** The next mark: a byte 0xFF, perhaps several, and one that is neither 0 nor 0xFF. */
function nextMark(bytes: Buffer, from: number): { at: number; code: number } | undefined {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const code = bytes[at + 1];
    if (code === undefined) return undefined;
    if (code !== 0 && code !== 0xff) return { at, code };
  }
  return undefined;
}

/** Where coded data end: at a mark that is no restart. */
function endOfScan(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const mark = nextMark(bytes, at);
    if (mark === undefined) return bytes.length;
    if (mark.code < MARKER.firstRestart || mark.code > 0xd7) return mark.at;
    at = mark.at + 2;
  }
}

/** Coded data end in ones, so zeros at their end are padding; but 0xFF is always followed by a zero of its own. */
function beginOfPadding(bytes: Buffer, from: number, end: number): number {
  let at = end;
  while (at > from && bytes[at - 1] === 0) at--;
  return at < end && at > from && bytes[at - 1] === 0xff ? at + 1 : at;
}

function isBare(code: number): boolean {
  return code === MARKER.temporary || code === MARKER.start || (code >= MARKER.firstRestart && code <= 0xd7);
}

function isFrame(code: number): boolean {
  const tables: number[] = [MARKER.huffmanTables, MARKER.extension, MARKER.arithmeticTables];
  return code >= MARKER.frame && code <= 0xcf && !tables.includes(code);
}

/** The segments by which a reader finds the map of highlights: an index of images, a version, and what XMP says of it. */
function isOfUltraHdr(code: number, body: Buffer): boolean {
  if (code === MARKER.multiPicture) {
    const name = body.toString('latin1', 0, 28);
    return name.startsWith('MPF\0') || name.startsWith('urn:iso:std:iso:ts:21496:-1');
  }
  return (
    code === MARKER.exif &&
    body.toString('latin1', 0, 28) === 'http://ns.adobe.com/xap/1.0/' &&
    body.includes('hdr-gain-map')
  );
}

/** Which parts of the image the scans brought so far. */
class Scans {
  began = false;
  #progressive = false;
  /** For each component and coefficient how many low bits are still missing; 64 of them, or -1 where none came. */
  readonly #components = new Map<number, Int8Array>();

  frame(body: Buffer, progressive: boolean): void {
    this.#progressive = progressive;
    for (let index = 0; index < body[5]! && 6 + 3 * index < body.length; index++) {
      this.#components.set(body[6 + 3 * index]!, new Int8Array(64).fill(-1));
    }
  }

  scan(body: Buffer): void {
    this.began = true;
    const components = body[0]!;
    const [first, last, bits] = this.#progressive ? body.subarray(1 + 2 * components) : [0, 63, 0];
    for (let index = 0; index < components; index++) {
      this.#components.get(body[1 + 2 * index]!)?.fill(bits! & 15, first, last! + 1);
    }
  }

  /** What never came, in words. */
  missing(): string | undefined {
    const states = [...this.#components.values()];
    const isComplete = states.every((state) => state.every((bits) => bits === 0));
    return states.length === 0 || isComplete ? undefined : 'the file ends before its last scan';
  }
}
