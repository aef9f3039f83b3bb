import { expect } from 'chai';
import { resizeMap, thresholdMap } from '../../../src/lib/image/probability-map.js';
import { segment } from '../../../src/lib/image/segment.js';
import { noise } from '../../fixtures/fixtures.js';

/** A map from a drawing: '#' is 1, a digit d is d tenths, anything else 0. */
function drawing(...rows: string[]) {
  const levels = rows.join('').replace(/ /g, '.');
  const data = Float32Array.from(levels, (c) => (c === '#' ? 1 : /\d/.test(c) ? Number(c) / 10 : 0));
  return { width: rows[0]!.length, height: rows.length, data };
}

function segmentDrawing(rows: string[], options: { threshold?: number; minArea?: number } = {}) {
  const map = drawing(...rows);
  return segment(map, map.width, map.height, { threshold: 0.5, ...options });
}

/** Flood fill, as slow and plain as can be: the areas of the 8-connected regions, largest first. */
function areasByFlooding(mask: Uint8Array, width: number, height: number): number[] {
  const left = mask.slice();
  const areas: number[] = [];
  for (let seed = 0; seed < left.length; seed++) {
    if (left[seed] === 0) continue;
    let area = 0;
    const stack = [seed];
    left[seed] = 0;
    while (stack.length > 0) {
      const pixel = stack.pop()!;
      area++;
      const x = pixel % width;
      const y = (pixel - x) / width;
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * width + nx;
          if (left[next] === 0) continue;
          left[next] = 0;
          stack.push(next);
        }
      }
    }
    areas.push(area);
  }
  return areas.sort((a, b) => b - a);
}

describe('segment', () => {
  it('finds nothing in an authentic picture', () => {
    expect(segmentDrawing(['...', '...'])).to.deep.equal({
      mask: new Uint8Array(6),
      regions: [],
      tamperedPixels: 0,
    });
  });

  it('finds one region that fills the picture', () => {
    const { mask, regions, tamperedPixels } = segmentDrawing(['##', '##']);
    expect([...mask]).to.deep.equal([255, 255, 255, 255]);
    expect(tamperedPixels).to.equal(4);
    expect(regions).to.deep.equal([{ x: 0, y: 0, width: 2, height: 2, area: 4, meanProbability: 1 }]);
  });

  it('joins pixels that touch at a corner', () => {
    expect(segmentDrawing(['#..', '.#.', '..#']).regions).to.have.length(1);
    expect(segmentDrawing(['..#', '.#.', '#..']).regions).to.have.length(1);
    expect(segmentDrawing(['#..', '...', '..#']).regions).to.have.length(2);
  });

  it('joins what only meets further down, or winds', () => {
    expect(segmentDrawing(['#.#.#', '#.#.#', '#####']).regions).to.have.length(1);
    expect(segmentDrawing(['#####', '....#', '###.#', '#...#', '#####']).regions).to.have.length(1);
    expect(
      segmentDrawing(['#...#', '.#.#.', '..#..', '.....', '##.##']).regions.map((r) => r.area),
    ).to.deep.equal([5, 2, 2]);
  });

  it('does not join across the end of a row', () => {
    expect(segmentDrawing(['..#', '#..']).regions).to.have.length(2);
  });

  it('says where each region is, its area and its mean probability, largest first', () => {
    const { regions } = segmentDrawing(['6......', '.8..79.', '....9..', '.......']);
    expect(
      regions.map(({ meanProbability, ...box }) => ({ ...box, mean: meanProbability.toFixed(4) })),
    ).to.deep.equal([
      { x: 4, y: 1, width: 2, height: 2, area: 3, mean: '0.8333' },
      { x: 0, y: 0, width: 2, height: 2, area: 2, mean: '0.7000' },
    ]);
  });

  it('drops regions smaller than the least area, from the mask too', () => {
    const { mask, regions, tamperedPixels } = segmentDrawing(['#..##', '...##'], { minArea: 2 });
    expect(regions.map((r) => r.area)).to.deep.equal([4]);
    expect(tamperedPixels).to.equal(4);
    expect([...mask]).to.deep.equal([0, 0, 0, 255, 255, 0, 0, 0, 255, 255]);
  });

  it('thresholds the map after bringing it to size', () => {
    const map = { width: 2, height: 1, data: Float32Array.of(0, 1) };
    const { mask } = segment(map, 8, 1, { threshold: 0.5 });
    expect(mask).to.deep.equal(thresholdMap(resizeMap(map, 8, 1), 0.5));
    expect([...mask]).to.deep.equal([0, 0, 0, 0, 255, 255, 255, 255]);
  });

  it('agrees with flooding on noise of every density', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const [width, height] = [7 + (seed % 23), 5 + (seed % 17)];
      const data = Float32Array.from(noise(seed, width * height), (level) => level / 255);
      const map = { width, height, data };
      const threshold = (seed % 20) / 20;
      const { mask, regions, tamperedPixels } = segment(map, width, height, { threshold });
      expect(mask).to.deep.equal(thresholdMap(map, threshold));
      expect(regions.map((r) => r.area)).to.deep.equal(areasByFlooding(mask, width, height));
      expect(tamperedPixels).to.equal(mask.filter((level) => level === 255).length);
    }
  });

  it('takes 100 megapixels, worst cases included', () => {
    const side = 10_000;
    const whole = segment({ width: 1, height: 1, data: Float32Array.of(1) }, side, side, { threshold: 0.5 });
    expect(whole.regions.map((r) => r.area)).to.deep.equal([side * side]);
    // A comb, as tall as it can be, joined by its last row: as many runs as pixels, nearly, and one region.
    const [width, height] = [2001, 2001];
    const data = Float32Array.from({ length: width * height }, (_, i) =>
      (i % width) % 2 === 0 || i >= width * (height - 1) ? 1 : 0,
    );
    const comb = segment({ width, height, data }, width, height, { threshold: 0.5 });
    expect(comb.regions.map((r) => r.area)).to.deep.equal([1001 * 2001 + 1000]);
  });
});
