import { expect } from 'chai';
import { drawPair } from '../../../src/lib/copies/arrow.js';
import type { Point } from '../../../src/lib/copies/outline.js';
import { centroid, contains, eachSpan } from '../../../src/lib/copies/polygon.js';

const IMAGE = { width: 400, height: 300 };

function square(x: number, y: number, side: number): Point[] {
  return [
    { x, y },
    { x: x + side, y },
    { x: x + side, y: y + side },
    { x, y: y + side },
  ];
}

describe('drawPair', () => {
  const from = square(40, 100, 60);
  const to = square(280, 120, 60);

  it('draws the original in dashes, the copy in full, and an arrow from one to the other', () => {
    const { lines, heads, width } = drawPair(from, to, IMAGE, true);
    expect(heads).to.have.length(1);
    const [copy, shaft] = lines.slice(-2) as [Point[], Point[]];
    expect(copy[0]).to.deep.equal(copy.at(-1));
    expect(lines.length).to.be.above(10);
    // The tip ends just before the copy, the shaft begins just behind the original.
    expect(heads[0]![0]!.x).to.be.within(280 - 4 * width, 280);
    expect(shaft[0]!.x).to.be.within(100, 100 + 4 * width);
    for (const point of shaft) {
      expect(contains(from, point)).to.be.false;
      expect(contains(to, point)).to.be.false;
    }
  });

  it('draws both in full, and two heads, where nobody knows which is the copy', () => {
    const { lines, heads } = drawPair(from, to, IMAGE, false);
    expect(heads).to.have.length(2);
    expect(lines).to.have.length(3);
  });

  it('goes from middle to middle where places touch, and draws no arrow where there is no room', () => {
    const touching = drawPair(square(100, 100, 80), square(181, 100, 80), IMAGE, true);
    expect(touching.heads[0]![0]!.x).to.be.closeTo(221, 1);
    expect(drawPair(square(100, 100, 9), square(103, 100, 9), IMAGE, true).heads).to.be.empty;
  });

  it('has lines that are as wide as the image is large', () => {
    const large = drawPair(from, to, { width: 8000, height: 6000 }, true).width;
    expect(large).to.be.closeTo(25.6, 0.1);
    expect(drawPair(from, to, IMAGE, true).width).to.be.closeTo(1.6, 0.1);
  });
});

describe('eachSpan', () => {
  it('covers the pixels whose middles lie inside, within the raster', () => {
    const covered = new Set<string>();
    eachSpan(square(-2, 1.4, 5), 10, 4, (y, start, end) => {
      for (let x = start; x < end; x++) covered.add(`${x},${y}`);
    });
    const expected = [1, 2, 3].flatMap((y) => [0, 1, 2].map((x) => `${x},${y}`));
    expect([...covered].sort()).to.deep.equal(expected.sort());
  });

  it('leaves out what a polygon goes around', () => {
    const notch = [
      { x: 0, y: 0 },
      { x: 9, y: 0 },
      { x: 9, y: 6 },
      { x: 6, y: 6 },
      { x: 6, y: 3 },
      { x: 3, y: 3 },
      { x: 3, y: 6 },
      { x: 0, y: 6 },
    ];
    let area = 0;
    eachSpan(notch, 20, 20, (_, start, end) => (area += end - start));
    expect(area).to.equal(45);
    expect(centroid(notch).x).to.be.closeTo(4.5, 1e-9);
  });
});
