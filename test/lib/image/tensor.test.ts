import { expect } from 'chai';
import { toTensor } from '../../../src/lib/image/tensor.js';
import { difference, golden } from '../../fixtures/fixtures.js';

describe('toTensor', () => {
  it("gives numpy's float32 values for all 256 levels of each channel, to the last bit", () => {
    const [{ bytes, size }] = golden<{ size: number }>('tensor') as [{ bytes: Uint8Array; size: number }];
    // The pixels of `make_golden.py`: levels up, levels down, levels up from another start.
    const rgb = new Uint8Array(size * size * 3);
    for (let i = 0; i < 256; i++) rgb.set([i, 255 - i, (i + 256 - 77) % 256], i * 3);
    const tensor = toTensor(rgb, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    expect(difference(tensor, new Float32Array(bytes.buffer))).to.deep.equal({ largest: 0, count: 0 });
  });

  it('puts the planes one after the other, red first', () => {
    const tensor = toTensor(
      Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 255, 255),
      [0, 0, 0],
      [1, 1, 1],
    );
    expect([...tensor]).to.deep.equal([1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });
});
