import { expect } from 'chai';
import { drawOverlay } from '../../../src/lib/image/overlay.js';
import { segment } from '../../../src/lib/image/segment.js';
import { noise } from '../../fixtures/fixtures.js';

function pixel(rgb: Uint8Array, width: number, x: number, y: number): number[] {
  return [...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

describe('drawOverlay', () => {
  const [width, height] = [60, 40];
  const image = { width, height, data: noise(9, width * height * 3) };

  it('leaves the picture as it is where nothing is probable', () => {
    const map = { width: 4, height: 4, data: new Float32Array(16) };
    expect(drawOverlay(image, map, new Uint8Array(width * height))).to.deep.equal(image.data);
  });

  it('lays the brightest colour over what is certain, and draws the border of the mask', () => {
    const data = Float32Array.from({ length: width * height }, (_, i) => (i % width < 30 ? 1 : 0));
    const map = { width, height, data };
    const grey = { width, height, data: new Uint8Array(width * height * 3).fill(100) };
    const { mask } = segment(map, width, height, { threshold: 0.5 });
    const overlay = drawOverlay(grey, map, mask);
    // 35 % of the picture's 100 and 65 % of inferno's last colour (252, 255, 164).
    expect(pixel(overlay, width, 5, 5)).to.deep.equal([199, 201, 142]);
    expect(pixel(overlay, width, 29, 20), 'the line').to.deep.equal([255, 255, 255]);
    expect(pixel(overlay, width, 30, 20), 'its rim').to.deep.equal([0, 0, 0]);
    expect(pixel(overlay, width, 45, 20)).to.deep.equal([100, 100, 100]);
  });

  it('draws over one pixel, too', () => {
    const one = { width: 1, height: 1, data: Uint8Array.of(10, 20, 30) };
    const map = { width: 8, height: 8, data: new Float32Array(64).fill(0.9) };
    const { mask } = segment(map, 1, 1, { threshold: 0.5 });
    expect(drawOverlay(one, map, mask)).to.have.length(3);
  });
});
