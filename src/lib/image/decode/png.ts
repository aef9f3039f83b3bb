/** What of a PNG file's chunks decides what people see, and libpng's simple interface does not tell. */

const SIGNATURE_BYTES = 8;
/** Length, type and checksum. */
const CHUNK_FRAME = 12;

interface Chunk {
  type: string;
  start: number;
  /** Behind its checksum. */
  end: number;
}

/**
 * The file with its eXIf chunk in front of the pixels, where decoders look for the orientation. PNG allows the chunk behind
 * them, too; OpenCV turns such an image, and browsers do not. It is turned here, as the pixels shall be OpenCV's.
 */
export function withExifInFront(file: Uint8Array): Uint8Array {
  const chunks = readChunks(file);
  const firstPixels = chunks.findIndex(({ type }) => type === 'IDAT');
  const behind = chunks.findIndex(({ type }) => type === 'eXIf');
  if (firstPixels < 0 || behind < firstPixels) return file;
  const exif = chunks[behind]!;
  const at = chunks[firstPixels]!.start;
  return Buffer.concat([
    file.subarray(0, at),
    file.subarray(exif.start, exif.end),
    file.subarray(at, exif.start),
    file.subarray(exif.end),
  ]);
}

/**
 * How many images an animated PNG says it holds; 1 of a still one. The image that decoders show need not be a frame of the
 * animation, which is what browsers show then.
 */
export function pngFrames(file: Uint8Array): number {
  const chunks = readChunks(file);
  const before = chunks.slice(
    0,
    chunks.findIndex(({ type }) => type === 'IDAT'),
  );
  const control = before.find(({ type }) => type === 'acTL');
  if (control === undefined) return 1;
  const frames = new DataView(file.buffer, file.byteOffset).getUint32(control.start + 8);
  return before.some(({ type }) => type === 'fcTL') ? frames : frames + 1;
}

/** All whole chunks. */
export function readChunks(file: Uint8Array): Chunk[] {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const chunks: Chunk[] = [];
  let at = SIGNATURE_BYTES;
  while (at + CHUNK_FRAME <= bytes.length) {
    const end = at + CHUNK_FRAME + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    chunks.push({ type: bytes.toString('latin1', at + 4, at + 8), start: at, end });
    at = end;
  }
  return chunks;
}
