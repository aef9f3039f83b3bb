import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { expect } from 'chai';
import sharp, { type Sharp } from 'sharp';
import { OfxError } from '../../../src/lib/core/errors.js';
import { readGroundTruth, type GroundTruth } from '../../../src/lib/image/ground-truth.js';
import { rejection } from '../../support/rejection.js';

const PHOTO = fileURLToPath(new URL('../../../samples/copy-move-rocket.jpg', import.meta.url));

const SIDE = 32;
/** The square that is marked: 10 by 10 pixels from (8, 8). */
const isMarked = (x: number, y: number): boolean => x >= 8 && x < 18 && y >= 8 && y < 18;
const MARKED = 100;

type Pixel = readonly number[];

/** A picture of two kinds of pixels, with as many channels as they have. */
function draw(background: Pixel, mark: Pixel, wide = false): Sharp {
  const channels = background.length as 1 | 2 | 3 | 4;
  const data = new (wide ? Uint16Array : Uint8Array)(SIDE * SIDE * channels);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) data.set(isMarked(x, y) ? mark : background, (y * SIDE + x) * channels);
  }
  const picture = sharp(data, { raw: { width: SIDE, height: SIDE, channels } });
  if (wide) return picture.toColourspace(channels === 1 ? 'grey16' : 'rgb16');
  return channels === 1 ? picture.toColourspace('b-w') : picture;
}

function marks({ data }: GroundTruth): number {
  return data.filter((grey) => grey > 127).length;
}

async function read(picture: Sharp): Promise<GroundTruth> {
  return readGroundTruth(await picture.toBuffer());
}

async function expectSquare(picture: Sharp, reading: string): Promise<void> {
  const truth = await read(picture);
  expect(truth.reading).to.equal(reading);
  expect(marks(truth)).to.equal(MARKED);
  expect(truth.data[9 * SIDE + 9]).to.be.above(127);
}

describe('readGroundTruth', () => {
  it('leaves white on black as it is, whatever the format', async () => {
    for (const picture of [
      draw([0], [255]).png(),
      draw([0], [200]).png(),
      draw([0, 0, 0], [255, 255, 255]).png(),
      draw([0, 0, 0], [255, 255, 255]).png({ palette: true }),
      draw([0], [255]).tiff(),
      draw([0, 0, 0, 255], [255, 255, 255, 255]).png(),
      draw([0], [65535], true).png(),
      draw([0, 0, 0], [255, 255, 255]).jpeg({ quality: 100 }),
    ]) {
      await expectSquare(picture, 'grey');
    }
    expect(new Set((await read(draw([0], [200]).png())).data)).to.deep.equal(new Set([0, 200]));
  });

  it('keeps smooth edges and compression at the middle of the levels', async () => {
    const soft = draw([0], [255]).blur(2);
    const raw = await soft.clone().toColourspace('b-w').raw().toBuffer();
    const truth = await read(soft.clone().toColourspace('b-w').png());
    expect(truth.reading).to.equal('grey');
    expect(Buffer.from(truth.data).equals(raw)).to.equal(true);
    expect((await read(draw([0], [255]).jpeg({ quality: 40 }))).reading).to.equal('grey');
  });

  it('takes class numbers for marks, of 8 and of 16 bits', async () => {
    await expectSquare(draw([0], [1]).png(), 'dark');
    await expectSquare(draw([0, 0, 0], [1, 1, 1]).png(), 'dark');
    await expectSquare(draw([0], [100]).png(), 'dark');
    await expectSquare(draw([0], [7]).tiff({ compression: 'lzw' }), 'dark');
    await expectSquare(draw([0], [7]).webp({ lossless: true }), 'dark');
    await expectSquare(draw([0], [1], true).png(), 'dark');
    await expectSquare(draw([0], [255], true).png(), 'dark');
    await expectSquare(draw([0, 0, 0], [255, 255, 255], true).tiff({ compression: 'lzw' }), 'dark');
  });

  it('takes colours on black for marks, of a palette and of paint', async () => {
    const voc: Pixel[] = [
      [128, 0, 0],
      [0, 128, 0],
      [64, 0, 0],
      [0, 0, 128],
      [192, 128, 128],
    ];
    for (const colour of voc) {
      await expectSquare(draw([0, 0, 0], colour).png({ palette: true }), 'colour');
      await expectSquare(draw([0, 0, 0], colour).png(), 'colour');
    }
    await expectSquare(draw([0, 0, 0], [255, 0, 0]).png(), 'colour');
    await expectSquare(draw([0, 0, 0], [255, 0, 0]).withIccProfile('srgb').png(), 'colour');
    await expectSquare(draw([0, 0, 0], [0, 0, 255]).tiff({ compression: 'deflate' }), 'colour');
    await expectSquare(draw([0, 0, 0], [65535, 0, 0], true).png(), 'colour');
    expect((await read(draw([0, 0, 0], [255, 0, 0]).jpeg({ chromaSubsampling: '4:4:4' }))).reading).to.equal(
      'colour',
    );
  });

  it('finds the mask in the alpha channel where the colours say nothing', async () => {
    await expectSquare(draw([0, 0, 0, 0], [0, 0, 0, 255]).png(), 'alpha');
    await expectSquare(draw([255, 255, 255, 0], [255, 255, 255, 255]).png(), 'alpha');
    await expectSquare(
      draw([200, 10, 10, 0], [200, 10, 10, 255]).webp({ lossless: true, exact: true }),
      'alpha',
    );
    // Where they say something, they are the mask.
    await expectSquare(draw([0, 0, 0, 0], [255, 255, 255, 255]).png(), 'grey');
    await expectSquare(draw([0, 0, 0, 0], [128, 0, 0, 255]).png(), 'colour');
  });

  it('refuses by name what cannot be told', async () => {
    const unclear: [Sharp, RegExp][] = [
      // What is not marked has a class of its own.
      [draw([1], [2]).png(), /no background/],
      [draw([255, 255, 255], [255, 0, 0]).png(), /black/],
      // Noise of compression, or class 3?
      [draw([0], [3]).jpeg({ quality: 100 }), /compression/],
      [draw([0], [3]).tiff({ compression: 'jpeg', quality: 100 }), /compression/],
      // Painted over a transparent page: is white the mark, or what was left out?
      [draw([255, 255, 255, 0], [0, 0, 0, 255]).png(), /transparent/],
      // A hole in an empty page, as programs for inpainting want it.
      [draw([0, 0, 0, 255], [0, 0, 0, 0]).png(), /opaque/],
    ];
    for (const [picture, why] of unclear) {
      const error = await rejection(read(picture));
      expect(error, String(why)).to.be.instanceOf(OfxError);
      expect(error.code).to.equal('DATASET_INVALID');
      expect(error.message).to.match(why);
      expect(error.suggestion).to.contain('255');
    }
  });

  it('does not take the border of a class map for the mark', async () => {
    const data = new Uint8Array(SIDE * SIDE);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) data[y * SIDE + x] = isMarked(x, y) ? 1 : 0;
    }
    data.fill(255, 9 * SIDE + 8, 9 * SIDE + 18);
    const picture = sharp(data, { raw: { width: SIDE, height: SIDE, channels: 1 } });
    const error = await rejection(read(picture.toColourspace('b-w').png()));
    expect(error.message).to.contain('class numbers');
  });

  it('never calls a mask black in which one pixel is not', async () => {
    for (const level of [1, 2, 50, 126, 127, 128, 254, 255]) {
      const data = new Uint8Array(SIDE * SIDE);
      data[500] = level;
      const truth = await read(
        sharp(data, { raw: { width: SIDE, height: SIDE, channels: 1 } })
          .toColourspace('b-w')
          .png(),
      );
      expect(marks(truth), String(level)).to.equal(1);
    }
    const black = await read(draw([0], [0]).png());
    expect(black.reading).to.equal('black');
    expect(marks(black)).to.equal(0);
  });

  it('marks every class where there are more than a drawing has colours', async () => {
    const instances = tiles((index) => [index]);
    const truth = await read(instances.toColourspace('b-w').png());
    expect([truth.reading, marks(truth)]).to.deep.equal(['dark', TILES * 36]);
    const colours = await read(tiles((index) => [3 * index, 255 - 4 * index, index]).png());
    expect([colours.reading, marks(colours)]).to.deep.equal(['colour', TILES * 36]);
  });

  it('refuses classes of which some are dark and some are bright, however large, compressed or not', async () => {
    const small = new Uint8Array(SIDE * SIDE);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        if (isMarked(x, y)) small[y * SIDE + x] = 255;
        if (x >= 22 && x < 27 && y >= 22 && y < 27) small[y * SIDE + x] = 85;
      }
    }
    const picture = (): Sharp =>
      sharp(small, { raw: { width: SIDE, height: SIDE, channels: 1 } }).toColourspace('b-w');
    const cases = [
      picture().png(),
      picture().jpeg({ quality: 95 }),
      tiles((index) => [6 * index])
        .toColourspace('b-w')
        .png(),
      tiles((index) => [1000 * index], true).png(),
    ];
    for (const one of cases) {
      const error = await rejection(read(one));
      expect(error.code).to.equal('DATASET_INVALID');
      expect(error.message).to.contain('class numbers');
    }
  });

  it('refuses photos, overlays and pieces of photos by name', async () => {
    const photo = (): Sharp => sharp(PHOTO).resize(96, 96);
    const piece = async (background: string): Promise<Sharp> =>
      sharp({ create: { width: 96, height: 96, channels: 3, background } }).composite([
        { input: await photo().extract({ left: 20, top: 30, width: 50, height: 40 }).png().toBuffer() },
      ]);
    const outlined = photo().composite([
      {
        input: Buffer.from(
          '<svg><rect x="30" y="30" width="30" height="20" fill="none" stroke="red"/></svg>',
        ),
      },
    ]);
    const cases: [string, Sharp][] = [
      ['photo', photo().png()],
      ['photo', photo().grayscale().png()],
      ['photo', photo().jpeg()],
      ['overlay', outlined.png()],
      ['on black', (await piece('black')).png()],
      ['on black, grey', (await piece('black')).grayscale().png()],
      ['on white', (await piece('white')).png()],
    ];
    for (const [what, one] of cases) {
      const error = await rejection(read(one));
      expect(error.code, what).to.equal('DATASET_INVALID');
      expect(error.message, what).to.match(/photo/);
    }
    // A photo whose alpha channel is the mask is understood.
    const alpha = await draw([0], [255])
      .toColourspace('b-w')
      .resize(96, 96, { kernel: 'nearest' })
      .png()
      .toBuffer();
    const truth = await read(photo().joinChannel(alpha).png());
    expect([truth.reading, marks(truth)]).to.deep.equal(['alpha', 9 * MARKED]);
  });

  it('reads wide feathering by its middle', async () => {
    const wide = draw([0], [255]).toColourspace('b-w').resize(256, 256, { kernel: 'nearest' }).blur(9);
    const truth = await read(wide.png());
    expect(truth.reading).to.equal('grey');
    expect(marks(truth)).to.be.within(60 * MARKED, 64 * MARKED);
  });

  it('reads class numbers whose palette is all black by their numbers', async () => {
    const palette = draw([0], [1]).toColourspace('b-w').png({ compressionLevel: 9 });
    for (const [name, file] of blackPalettes(await palette.clone().raw().toBuffer())) {
      const truth = await readGroundTruth(file);
      expect([truth.reading, marks(truth)], name).to.deep.equal(['dark', MARKED]);
    }
    for (const [name, file] of blackPalettes(Buffer.alloc(SIDE * SIDE))) {
      expect((await readGroundTruth(file)).reading, name).to.equal('black');
    }
  });

  it('sees marks of 16 bits in the alpha channel, and colours that a TIFF’s alpha hides', async () => {
    await expectSquare(draw([0, 0, 0, 0], [0, 0, 0, 1], true).png(), 'alpha');
    const hidden = await readGroundTruth(
      await draw([0, 0, 0, 0], [255, 255, 255, 0]).tiff({ compression: 'none' }).toBuffer(),
    );
    expect([hidden.reading, marks(hidden)]).to.deep.equal(['grey', MARKED]);
  });
});

const TILES = 40;

/** Squares of 6 by 6 pixels on black, numbered from 1. */
function tiles(colour: (index: number) => Pixel, wide = false): Sharp {
  const channels = colour(1).length as 1 | 3;
  const [width, height] = [80, 50];
  const data = new (wide ? Uint16Array : Uint8Array)(width * height * channels);
  for (let index = 1; index <= TILES; index++) {
    const [left, top] = [((index - 1) % 8) * 10 + 2, Math.floor((index - 1) / 8) * 10 + 2];
    for (let y = top; y < top + 6; y++) {
      for (let x = left; x < left + 6; x++) data.set(colour(index), (y * width + x) * channels);
    }
  }
  const picture = sharp(data, { raw: { width, height, channels } });
  return wide ? picture.toColourspace(channels === 1 ? 'grey16' : 'rgb16') : picture;
}

/** Files of 8-bit indices whose palettes have two colours, both black. */
function blackPalettes(indices: Uint8Array): [string, Buffer][] {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(body.length + 8);
    frame.writeUInt32BE(data.length, 0);
    body.copy(frame, 4);
    frame.writeUInt32BE(crc32(body), body.length + 4);
    return frame;
  };
  const header = Buffer.from([0, 0, 0, SIDE, 0, 0, 0, SIDE, 8, 3, 0, 0, 0]);
  const rows = Array.from({ length: SIDE }, (_, y) => [0, ...indices.subarray(y * SIDE, (y + 1) * SIDE)]);
  const png = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.alloc(6)),
    chunk('IDAT', deflateSync(Buffer.from(rows.flat()))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  const start = 54 + 256 * 4;
  const bmp = Buffer.alloc(start + SIDE * SIDE);
  bmp.write('BM');
  bmp.writeUInt32LE(bmp.length, 2);
  bmp.writeUInt32LE(start, 10);
  for (const [at, value] of [
    [14, 40],
    [18, SIDE],
    [22, SIDE],
    [26, 1 | (8 << 16)],
    [46, 256],
  ] as const)
    bmp.writeUInt32LE(value, at);
  for (let y = 0; y < SIDE; y++)
    bmp.set(indices.subarray(y * SIDE, (y + 1) * SIDE), start + (SIDE - 1 - y) * SIDE);
  return [
    ['png', png],
    ['bmp', bmp],
    ['tiff', paletteTiff(indices)],
  ];
}

/** An uncompressed TIFF of one strip with a palette of 256 times black. */
function paletteTiff(indices: Uint8Array): Buffer {
  const SHORT = 3;
  const LONG = 4;
  const entries = [
    [256, SHORT, 1, SIDE],
    [257, SHORT, 1, SIDE],
    [258, SHORT, 1, 8],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, 3],
    [273, LONG, 1, 8],
    [277, SHORT, 1, 1],
    [278, SHORT, 1, SIDE],
    [279, LONG, 1, SIDE * SIDE],
    [320, SHORT, 768, 8 + SIDE * SIDE],
  ];
  const directory = 8 + SIDE * SIDE + 768 * 2;
  const file = Buffer.alloc(directory + 2 + entries.length * 12 + 4);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(directory, 4);
  file.set(indices, 8);
  file.writeUInt16LE(entries.length, directory);
  entries.forEach(([tag, type, count, value], index) => {
    const at = directory + 2 + index * 12;
    file.writeUInt16LE(tag!, at);
    file.writeUInt16LE(type!, at + 2);
    file.writeUInt32LE(count!, at + 4);
    file.writeUInt32LE(value!, at + 8);
  });
  return file;
}
