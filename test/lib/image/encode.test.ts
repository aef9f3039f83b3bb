import { expect } from 'chai';
import sharp from 'sharp';
import { decodeImage } from '../../../src/lib/image/decode/index.js';
import { encodeMask, encodeProbability, encodeRgb } from '../../../src/lib/image/encode.js';
import { readGroundTruth } from '../../../src/lib/image/ground-truth.js';
import { encodeNpy } from '../../../src/lib/image/npy.js';
import { resizeMap } from '../../../src/lib/image/probability-map.js';
import { noise } from '../../fixtures/fixtures.js';

const MAP = { width: 6, height: 4, data: Float32Array.from(noise(5, 24), (level) => level / 255) };

describe('encodeMask', () => {
  it('makes a PNG of one 8-bit channel that holds the very mask', async () => {
    const mask = noise(3, 31 * 17).map((level) => (level > 127 ? 255 : 0));
    const file = await encodeMask(mask, 31, 17);
    const { format, channels, depth, space, width, height } = await sharp(file).metadata();
    expect({ format, channels, depth, space, width, height }).to.deep.equal({
      format: 'png',
      channels: 1,
      depth: 'uchar',
      space: 'b-w',
      width: 31,
      height: 17,
    });
    expect((await readGroundTruth(file)).data).to.deep.equal(mask);
  });
});

describe('encodeProbability', () => {
  it('makes a PNG of one 16-bit channel at the size asked for', async () => {
    const file = await encodeProbability(MAP, 12, 8);
    const { channels, depth, space } = await sharp(file).metadata();
    expect({ channels, depth, space }).to.deep.equal({ channels: 1, depth: 'ushort', space: 'grey16' });
    const { data, info } = await sharp(file)
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).to.deep.equal([12, 8]);
    const levels = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
    expect([...levels]).to.deep.equal(Array.from(resizeMap(MAP, 12, 8).data, (p) => Math.round(p * 65535)));
  });

  it('spans all of 0 to 65535', async () => {
    const file = await encodeProbability({ width: 2, height: 1, data: Float32Array.of(0, 1) }, 2, 1);
    const data = await sharp(file).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
    expect([...new Uint16Array(data.buffer, data.byteOffset, 2)]).to.deep.equal([0, 65535]);
  });
});

describe('encodeRgb', () => {
  it('keeps every pixel in PNG', async () => {
    const rgb = noise(8, 20 * 10 * 3);
    expect((await decodeImage(await encodeRgb(rgb, 20, 10, 'png'))).data).to.deep.equal(Buffer.from(rgb));
  });

  it('makes JPEG, too', async () => {
    const file = await encodeRgb(new Uint8Array(300).fill(77), 10, 10, 'jpeg');
    const { format, data } = await decodeImage(file);
    expect(format).to.equal('jpeg');
    expect(new Set(data)).to.deep.equal(new Set([77]));
  });
});

describe('encodeNpy', () => {
  it('makes a NumPy file of version 1.0: little-endian float32, rows first, data aligned to 64 bytes', () => {
    const file = encodeNpy(MAP);
    expect(file.subarray(0, 8).toString('latin1')).to.equal('\x93NUMPY\x01\x00');
    const headerLength = file.readUInt16LE(8);
    expect((10 + headerLength) % 64).to.equal(0);
    const header = file.subarray(10, 10 + headerLength).toString('latin1');
    expect(header).to.match(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(4, 6\), \} *\n$/);
    const values = MAP.data.map((_, i) => file.readFloatLE(10 + headerLength + 4 * i));
    expect(values).to.deep.equal(MAP.data);
    expect(file.length).to.equal(10 + headerLength + 24 * 4);
  });
});
