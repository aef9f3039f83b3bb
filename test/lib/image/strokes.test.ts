import { expect } from 'chai';
import { drawStrokes, type Strokes } from '../../../src/lib/image/strokes.js';

const WHITE = [255, 255, 255] as const;
const RED = [200, 0, 0] as const;

function draw(width: number, height: number, strokes: Partial<Strokes>): (x: number, y: number) => number[] {
  const rgb = new Uint8Array(width * height * 3).fill(100);
  drawStrokes(rgb, width, height, { width: 4, lines: [], shapes: [], colour: WHITE, rim: RED, ...strokes });
  return (x, y) => [...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

describe('drawStrokes', () => {
  it('draws a line with a rim, and leaves the rest as it is', () => {
    // Across the border between two of the bands that are drawn at once.
    const pixel = draw(40, 300, {
      lines: [
        [
          { x: 20, y: 50 },
          { x: 20, y: 250 },
        ],
      ],
    });
    for (const y of [60, 127, 128, 129, 240]) {
      expect(pixel(20, y)).to.deep.equal([255, 255, 255]);
      expect(pixel(23, y)).to.deep.equal([200, 0, 0]);
      expect(pixel(26, y)).to.deep.equal([100, 100, 100]);
    }
    expect(pixel(20, 40)).to.deep.equal([100, 100, 100]);
  });

  it('is smooth: a pixel that is half covered has half of the colour', () => {
    const pixel = draw(40, 40, {
      width: 5,
      lines: [
        [
          { x: 0, y: 20 },
          { x: 40, y: 20 },
        ],
      ],
      rim: [100, 100, 100],
    });
    expect(pixel(20, 22)[0]).to.be.closeTo(177, 2);
  });

  it('fills shapes, whichever way round', () => {
    const triangle = [
      { x: 5, y: 5 },
      { x: 35, y: 5 },
      { x: 5, y: 35 },
    ];
    for (const shape of [triangle, [...triangle].reverse()]) {
      const pixel = draw(40, 40, { shapes: [shape] });
      expect(pixel(12, 12)).to.deep.equal([255, 255, 255]);
      expect(pixel(30, 30)).to.deep.equal([100, 100, 100]);
    }
  });

  it('draws nothing outside of the image', () => {
    expect(() =>
      draw(10, 10, {
        lines: [
          [
            { x: -50, y: -20 },
            { x: 60, y: 90 },
          ],
        ],
      }),
    ).not.to.throw();
    const pixel = draw(10, 10, {
      lines: [
        [
          { x: 300, y: 300 },
          { x: 400, y: 300 },
        ],
      ],
    });
    expect(pixel(9, 9)).to.deep.equal([100, 100, 100]);
  });
});
