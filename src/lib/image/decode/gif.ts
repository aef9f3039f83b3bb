import type { Pixels } from '../pixels.js';

/** Sections of a GIF file. */
const HEADER_BYTES = 13;
const EXTENSION = 0x21;
const FRAME = 0x2c;

/**
 * The colour that OpenCV shows through transparent pixels, and where no frame is: the entry of the global palette that the
 * header names as background, or black where there is no such palette.
 */
export function gifBackground(file: Uint8Array): [number, number, number] {
  const colours = paletteSize(file[10]!);
  const index = file[11]!;
  if (index >= colours) return [0, 0, 0];
  const at = HEADER_BYTES + 3 * index;
  return [file[at] ?? 0, file[at + 1] ?? 0, file[at + 2] ?? 0];
}

/** The image with the background wherever its first frame, which may be smaller, does not reach. */
export function coverBackground(file: Uint8Array, image: Pixels): Pixels {
  const frame = firstFrame(file);
  const { width, height, channels } = image;
  if (frame === undefined) return image;
  const { left, top, right, bottom } = frame;
  if (left === 0 && top === 0 && right >= width && bottom >= height) return image;
  const background = gifBackground(file);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const isCovered = x >= left && x < right && y >= top && y < bottom;
      const from = (y * width + x) * channels;
      for (let channel = 0; channel < 3; channel++) {
        data[to + channel] = isCovered
          ? image.data[from + (channels === 3 ? channel : 0)]!
          : background[channel]!;
      }
    }
  }
  return { width, height, channels: 3, data };
}

export interface Frame {
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** Where its coded pixels begin. */
  data: number;
}

/** Passes over extensions, each a chain of blocks, to the first image; nothing where the file ends before it. */
export function firstFrame(file: Uint8Array): Frame | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = HEADER_BYTES + 3 * paletteSize(file[10]!);
  while (file[at] === EXTENSION) {
    at += 2;
    while (file[at]) at += file[at]! + 1;
    at++;
  }
  if (file[at] !== FRAME || at + 9 > file.length) return undefined;
  const [left, top] = [view.getUint16(at + 1, true), view.getUint16(at + 3, true)];
  return {
    left,
    top,
    right: left + view.getUint16(at + 5, true),
    bottom: top + view.getUint16(at + 7, true),
    data: at + 10 + 3 * paletteSize(file[at + 9]!),
  };
}

/** Colours of a palette by the flags that announce it; 0 where they announce none. */
function paletteSize(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 2 << (flags & 7);
}
