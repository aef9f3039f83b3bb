import { expect } from 'chai';
import { meanWithMirrored, mirror } from '../../../src/lib/image/mirror.js';

describe('the mirror image', () => {
  it('exchanges left and right of each row, and keeps pixels whole', () => {
    const rows = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect([...mirror(rows, 3, 3)]).to.deep.equal([
      7, 8, 9, 4, 5, 6, 1, 2, 3, 17, 18, 19, 14, 15, 16, 11, 12, 13,
    ]);
    expect([...mirror(mirror(rows, 3, 3), 3, 3)]).to.deep.equal([...rows]);
    expect([...mirror(Float32Array.from([0.5, 1, 2, 3]), 2, 1)]).to.deep.equal([1, 0.5, 3, 2]);
  });

  it('leaves what it is given as it is, a Buffer as well', () => {
    for (const rows of [Uint8Array.from([1, 2]), Buffer.from([1, 2]), Float32Array.from([1, 2])]) {
      expect([...mirror(rows, 2, 1)]).to.deep.equal([2, 1]);
      expect([...rows]).to.deep.equal([1, 2]);
    }
  });

  it('is laid back over the image before the mean is taken', () => {
    const map = { width: 3, height: 1, data: Float32Array.from([0, 0.5, 1]) };
    const seen = { width: 3, height: 1, data: Float32Array.from([1, 0.5, 0.5]) };
    expect([...meanWithMirrored(map, seen).data]).to.deep.equal([0.25, 0.5, 1]);
  });
});
