import { expect } from 'chai';
import { fromHalf, toHalf } from '../../../src/lib/image/half.js';
import { decodeNpy, encodeHalfNpy, encodeNpy } from '../../../src/lib/image/npy.js';
import { seededRandom } from '../../../src/lib/metrics/random.js';

describe('numbers of 16 bits', () => {
  it('are the same after a way there and back', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromHalf(bits);
      if (Number.isNaN(value)) expect(Number.isNaN(fromHalf(toHalf(value)))).to.equal(true);
      else expect(toHalf(value), `${bits} (${value})`).to.equal(bits);
    }
  });

  it('are the nearest, ties to even', () => {
    expect(toHalf(1 + 2 ** -11)).to.equal(toHalf(1));
    expect(toHalf(1 + 3 * 2 ** -11)).to.equal(toHalf(1 + 2 ** -9));
    expect(toHalf(65_520)).to.equal(0x7c00);
    expect(fromHalf(toHalf(2 ** -24))).to.equal(2 ** -24);
    expect(fromHalf(toHalf(2 ** -26))).to.equal(0);
    const random = seededRandom(4);
    for (let i = 0; i < 1000; i++) {
      const value = Math.fround(random());
      const half = toHalf(value);
      const error = Math.abs(fromHalf(half) - value);
      expect(error).to.be.at.most(Math.abs(fromHalf(half + 1) - value));
      expect(error).to.be.at.most(Math.abs(fromHalf(Math.max(0, half - 1)) - value));
    }
  });
});

describe('NumPy files', () => {
  const map = { width: 3, height: 2, data: Float32Array.from([0, 0.25, 0.5, 0.75, 1, 0.125]) };

  it('hold maps in float32 and float16', () => {
    for (const file of [encodeNpy(map), encodeHalfNpy(map)]) {
      const { shape, kind, values } = decodeNpy(file);
      expect([shape, kind]).to.deep.equal([[2, 3], 'float']);
      expect([...values]).to.deep.equal([...map.data]);
    }
  });

  it('are refused where they are cut short or hold objects', () => {
    const file = encodeNpy(map);
    expect(() => decodeNpy(file.subarray(0, file.length - 1))).to.throw(RangeError, 'cut short');
    expect(() => decodeNpy(Buffer.from('hello, world'))).to.throw(RangeError, 'not a NumPy file');
    const objects = Buffer.from(file.toString('latin1').replace("'<f4'", "'|O' "), 'latin1');
    expect(() => decodeNpy(objects)).to.throw(RangeError, 'no plain numbers');
  });
});
