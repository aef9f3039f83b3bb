/** An image as a BMP file holds it. */
export interface RunLengths {
  width: number;
  height: number;
  /** Colours as blue, green, red and a byte that says nothing. */
  palette: Uint8Array;
  pixels: Uint8Array;
}

/** What a zero instead of a length announces; a second zero is the end of a row. */
const END_OF_BITMAP = 1;
const DELTA = 2;

/**
 * Decodes BMP's run lengths. Pixels that the file skips or never reaches get the first colour of the palette, as in OpenCV;
 * the format leaves them open, and other programs show black or nothing.
 *
 * @param bits of a pixel
 * @returns RGB, rows from the top
 * @throws Error where a run leaves its row, or the data end before the image does
 */
export function decodeRunLengths({ width, height, palette, pixels }: RunLengths, bits: 4 | 8): Uint8Array {
  const canvas = new Canvas(width, height);
  let at = 0;
  const next = (): number => {
    const byte = pixels[at++];
    if (byte === undefined) throw new Error('its run lengths end before the image does');
    return byte;
  };
  // Eight-bit runs that fill a row go on with the next one by themselves; the mark behind them then says nothing new.
  let wrapped = false;
  // The mark behind the last row may be missing.
  while (canvas.y < height && !(canvas.isFull && at >= pixels.length)) {
    const length = next();
    const code = next();
    if (length > 0) {
      canvas.run(length, (index) => (bits === 8 ? code : index % 2 === 0 ? code >> 4 : code & 15));
      wrapped = bits === 8 && canvas.wrap();
    } else if (code > DELTA) {
      const stored = Math.ceil((code * bits) / 8);
      const start = at;
      at += stored + (stored % 2);
      if (start + stored > pixels.length) next();
      canvas.run(code, (index) =>
        bits === 8
          ? pixels[start + index]!
          : index % 2 === 0
            ? pixels[start + index / 2]! >> 4
            : pixels[start + (index - 1) / 2]! & 15,
      );
      wrapped = false;
    } else if (code === DELTA) {
      const right = next();
      canvas.skip(right + next() * width);
    } else if (code === END_OF_BITMAP) {
      break;
    } else {
      if (!(wrapped && canvas.x === 0)) canvas.nextRow();
      wrapped = false;
    }
  }
  return canvas.toRgb(palette);
}

/** Indices into the palette, rows from the bottom, all 0 at first. */
class Canvas {
  readonly #indices: Uint8Array;
  x = 0;
  y = 0;

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {
    this.#indices = new Uint8Array(width * height);
  }

  get isFull(): boolean {
    return this.y === this.height - 1 && this.x === this.width;
  }

  run(length: number, indexAt: (position: number) => number): void {
    if (this.x + length > this.width || this.y >= this.height)
      throw new Error('a run is longer than its row');
    const start = this.y * this.width + this.x;
    for (let index = 0; index < length; index++) this.#indices[start + index] = indexAt(index);
    this.x += length;
  }

  /** Goes on with the next row if this one is full. */
  wrap(): boolean {
    if (this.x < this.width) return false;
    this.nextRow();
    return true;
  }

  nextRow(): void {
    this.x = 0;
    this.y++;
  }

  skip(pixels: number): void {
    const place = this.y * this.width + this.x + pixels;
    this.x = place % this.width;
    this.y = Math.floor(place / this.width);
  }

  toRgb(palette: Uint8Array): Uint8Array {
    const { width, height } = this;
    const rgb = new Uint8Array(width * height * 3);
    for (let y = 0, to = 0; y < height; y++) {
      const from = (height - 1 - y) * width;
      for (let x = 0; x < width; x++) {
        const entry = this.#indices[from + x]! * 4;
        rgb[to++] = palette[entry + 2] ?? 0;
        rgb[to++] = palette[entry + 1] ?? 0;
        rgb[to++] = palette[entry] ?? 0;
      }
    }
    return rgb;
  }
}
