import { expect } from 'chai';
import { resizeLinearOpenCv, resizeNearestOpenCv } from '../../../src/lib/image/resize.js';
import { difference, golden, noise } from '../../fixtures/fixtures.js';

interface Resize {
  seed: number;
  width: number;
  height: number;
  toWidth: number;
  toHeight: number;
}

function title({ width, height, toWidth, toHeight }: Resize): string {
  return `${width} x ${height} to ${toWidth} x ${toHeight}`;
}

describe('resizeLinearOpenCv', () => {
  for (const entry of golden<Resize>('resize-linear')) {
    it(`gives OpenCV's pixels for ${title(entry)}`, () => {
      const { seed, width, height, toWidth, toHeight, bytes } = entry;
      const image = { width, height, data: noise(seed, width * height * 3) };
      expect(difference(resizeLinearOpenCv(image, toWidth, toHeight), bytes)).to.deep.equal({
        largest: 0,
        count: 0,
      });
    });
  }

  it('leaves the source as it is', () => {
    const data = noise(1, 8 * 8 * 3);
    const before = data.slice();
    resizeLinearOpenCv({ width: 8, height: 8, data }, 5, 5);
    expect(data).to.deep.equal(before);
  });
});

describe('resizeNearestOpenCv', () => {
  for (const entry of golden<Resize>('resize-nearest')) {
    it(`gives OpenCV's pixels for ${title(entry)}`, () => {
      const { seed, width, height, toWidth, toHeight, bytes } = entry;
      const resized = resizeNearestOpenCv(noise(seed, width * height), width, height, toWidth, toHeight);
      expect(difference(resized, bytes)).to.deep.equal({ largest: 0, count: 0 });
    });
  }
});
