import { expect } from 'chai';
import { eachRow, resizeMap, thresholdMap } from '../../../src/lib/image/probability-map.js';
import { difference, golden, noise } from '../../fixtures/fixtures.js';

interface Resize {
  seed: number;
  width: number;
  height: number;
  toWidth: number;
  toHeight: number;
}

function randomMap(seed: number, width: number, height: number) {
  return {
    width,
    height,
    data: Float32Array.from(noise(seed, width * height), (level) => Math.fround(level / 255)),
  };
}

describe('resizeMap', () => {
  it("agrees with OpenCV's float32, whose positions are sometimes rounded and sometimes not, to 5e-6", () => {
    for (const { seed, width, height, toWidth, toHeight, bytes } of golden<Resize>('resize-map')) {
      const resized = resizeMap(randomMap(seed, width, height), toWidth, toHeight);
      expect([resized.width, resized.height]).to.deep.equal([toWidth, toHeight]);
      const { largest } = difference(resized.data, new Float32Array(bytes.buffer));
      expect(largest, `${width} x ${height} to ${toWidth} x ${toHeight}`).to.be.below(5e-6);
    }
  });

  it('leaves a map of the same size as it is', () => {
    const map = randomMap(1, 9, 7);
    expect(resizeMap(map, 9, 7).data).to.deep.equal(map.data);
  });

  it('stays within the range of its values', () => {
    const { data } = resizeMap(randomMap(2, 13, 11), 97, 89);
    expect(Math.min(...data)).to.be.at.least(0);
    expect(Math.max(...data)).to.be.at.most(1);
  });
});

describe('eachRow', () => {
  it('visits the rows from the top, each as in the whole map', () => {
    const map = randomMap(3, 8, 6);
    const whole = resizeMap(map, 20, 15);
    const rows: number[] = [];
    eachRow(map, 20, 15, (row, y) => {
      expect(row).to.deep.equal(whole.data.subarray(y * 20, (y + 1) * 20));
      rows.push(y);
    });
    expect(rows).to.deep.equal([...Array(15).keys()]);
  });
});

describe('thresholdMap', () => {
  it('marks what is above the threshold, not what is at it', () => {
    const data = Float32Array.of(0.25, 0.5, 0.75, 1);
    expect([...thresholdMap({ width: 2, height: 2, data }, 0.5)]).to.deep.equal([0, 0, 255, 255]);
  });
});
