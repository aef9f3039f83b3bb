import { expect } from 'chai';
import sharp, { type Sharp } from 'sharp';
import { OfxError } from '../../../src/lib/core/errors.js';
import { readGroundTruth, type GroundTruth } from '../../../src/lib/image/ground-truth.js';
import { rejection } from '../../support/rejection.js';

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
});
