import { expect } from 'chai';
import { align } from '../../../src/lib/copies/align.js';
import { boxSum, splitBands } from '../../../src/lib/copies/bands.js';
import { describe as describePatches, describePatch, LENGTH } from '../../../src/lib/copies/descriptors.js';
import { NEAREST, searchField } from '../../../src/lib/copies/field.js';
import { outline, polygonArea } from '../../../src/lib/copies/outline.js';
import { recurrence } from '../../../src/lib/copies/recurrence.js';
import { boxAndArea, moveRegion, toRegion, type Mask } from '../../../src/lib/copies/region.js';
import { apply, fitSimilarity, invert, translation } from '../../../src/lib/copies/transform.js';
import { toLuma, workingSize } from '../../../src/lib/copies/working-image.js';
import { copyWithin, paint, randomNumbers, texture } from './scenes.js';

function maskOf(rows: string[]): Mask {
  return {
    width: rows[0]!.length,
    height: rows.length,
    data: Uint8Array.from(rows.join(''), (character) => (character === '#' ? 1 : 0)),
  };
}

describe('workingSize', () => {
  it('keeps the shape, has the area of the square, and never enlarges', () => {
    expect(workingSize(384, 256, 380)).to.deep.equal({ width: 384, height: 256 });
    expect(workingSize(3000, 2000, 380)).to.deep.equal({ width: 465, height: 310 });
    expect(workingSize(20000, 2, 100)).to.deep.equal({ width: 10000, height: 1 });
  });
});

describe('toLuma', () => {
  it('is the mean of the area that a pixel covers', () => {
    const random = randomNumbers(1);
    const data = Uint8Array.from({ length: 7 * 5 }, () => Math.floor(random() * 256));
    const small = toLuma({ width: 7, height: 5, data }, 3, 2);
    for (let y = 0; y < 2; y++) {
      for (let x = 0; x < 3; x++) {
        let sum = 0;
        for (let v = 0; v < 5; v++) {
          for (let u = 0; u < 7; u++) {
            const cover = (at: number, i: number, step: number): number =>
              Math.max(0, Math.min(at + 1, (i + 1) * step) - Math.max(at, i * step));
            sum += data[v * 7 + u]! * cover(u, x, 7 / 3) * cover(v, y, 5 / 2);
          }
        }
        expect(small.data[y * 3 + x]).to.be.closeTo(sum / ((7 / 3) * (5 / 2)), 1.5);
      }
    }
  });

  it('leaves grey of the same size as it is, and an even image even', () => {
    const data = Uint8Array.from({ length: 60 }, (_, i) => i * 4);
    expect(toLuma({ width: 10, height: 6, data }, 10, 6).data).to.deep.equal(data);
    for (const value of [0, 1, 127, 255]) {
      const even = paint(1237, 911, () => value);
      expect(new Set(toLuma(even, 97, 71).data)).to.deep.equal(new Set([value]));
    }
  });
});

describe('boxSum', () => {
  for (const [width, height, radius] of [
    [9, 7, 2],
    [3, 4, 3],
    [1, 1, 1],
    [12, 1, 4],
  ] as const) {
    it(`sums the square around each of ${width}x${height} pixels, radius ${radius}`, () => {
      const random = randomNumbers(2);
      const data = Float32Array.from({ length: width * height }, () => Math.floor(random() * 100));
      const sums = boxSum({ width, height, data }, radius).data;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          let sum = 0;
          for (let v = y - radius; v <= y + radius; v++) {
            for (let u = x - radius; u <= x + radius; u++) {
              sum +=
                data[Math.min(height - 1, Math.max(0, v)) * width + Math.min(width - 1, Math.max(0, u))]!;
            }
          }
          expect(sums[y * width + x]).to.equal(sum);
        }
      }
    });
  }
});

describe('descriptors', () => {
  it('are the same for a patch of the grid and for that patch alone', () => {
    const luma = toLuma(texture(64, 48, 3), 64, 48);
    const grid = describePatches(luma)!;
    expect(grid).to.include({ columns: 25, rows: 17 });
    const half = new Float64Array(64);
    for (let y = 0; y < 16; y++) {
      for (let x = 0; x < 16; x++) half[(y >> 1) * 8 + (x >> 1)]! += luma.data[(10 + y) * 64 + 20 + x]!;
    }
    const alone = describePatch(half);
    const at = (5 * 25 + 10) * LENGTH;
    for (let f = 0; f < LENGTH; f++) expect(grid.values[at + f]).to.be.closeTo(alone[f]!, 2);
  });

  it('do not overflow in the brightest image', () => {
    const grid = describePatches(
      toLuma(
        paint(40, 40, () => 255),
        40,
        40,
      ),
    )!;
    expect(grid.values[0]).to.be.closeTo(255 * 32, 4);
    expect(Math.max(...grid.contrast)).to.be.below(100);
  });
});

describe('searchField', () => {
  it('finds nearly what an exhaustive search finds, at a distance', () => {
    const luma = toLuma(texture(96, 72, 4), 96, 72);
    const descriptors = describePatches(luma)!;
    const { columns, rows, values } = descriptors;
    const all = new Uint8Array(columns * rows).fill(1);
    const { match, distance } = searchField(descriptors, all);
    let near = 0;
    for (let i = 0; i < all.length; i++) {
      let best = Infinity;
      const y = Math.floor(i / columns);
      for (let j = 0; j < all.length; j++) {
        const v = Math.floor(j / columns);
        if (4 * ((i % columns) - (j % columns)) ** 2 + 4 * (y - v) ** 2 < NEAREST ** 2) continue;
        let sum = 0;
        for (let f = 0; f < LENGTH; f++) sum += (values[i * LENGTH + f]! - values[j * LENGTH + f]!) ** 2;
        if (sum < best) best = sum;
      }
      const m = match[i]!;
      const apart = 4 * ((i % columns) - (m % columns)) ** 2 + 4 * (y - Math.floor(m / columns)) ** 2;
      expect(apart).to.be.at.least(NEAREST ** 2);
      expect(distance[i]).to.be.at.least(best);
      if (Math.sqrt(distance[i]! / best) < 1.25) near++;
    }
    expect(near / all.length).to.be.above(0.8);
  });

  it('takes no patch that is left out', () => {
    const descriptors = describePatches(toLuma(texture(120, 90, 5), 120, 90))!;
    const searched = Uint8Array.from({ length: descriptors.columns * descriptors.rows }, (_, i) =>
      i % 3 ? 1 : 0,
    );
    const { match } = searchField(descriptors, searched);
    match.forEach((m, i) => {
      if (searched[i] === 0) expect(m).to.equal(-1);
      else if (m >= 0) expect(searched[m]).to.equal(1);
    });
  });
});

describe('similarities', () => {
  const turned = { a: 0.9, b: 0.3, tx: 12, ty: -7 };

  it('are found again from pairs of points', () => {
    const pairs = [3, 5, 40, 9, 22, 60, 70, 33].flatMap((v, i, all) => {
      if (i % 2) return [];
      const { x, y } = apply(turned, v, all[i + 1]!);
      return [v, all[i + 1]!, x, y];
    });
    const found = fitSimilarity(pairs);
    for (const key of ['a', 'b', 'tx', 'ty'] as const) expect(found[key]).to.be.closeTo(turned[key], 1e-9);
  });

  it('have an inverse', () => {
    const { x, y } = apply(turned, 31, 17);
    const back = apply(invert(turned), x, y);
    expect(back.x).to.be.closeTo(31, 1e-9);
    expect(back.y).to.be.closeTo(17, 1e-9);
  });

  it('are moved to a tenth of a pixel by alignment', () => {
    const picture = copyWithin(texture(200, 160, 6), {
      from: { x: 60, y: 60 },
      to: { x: 140.0, y: 100 },
      radius: { x: 30, y: 30 },
      angle: 4,
    });
    const { smooth } = splitBands(toLuma(picture, 200, 160));
    const pixels: number[] = [];
    for (let y = -18; y <= 18; y++) for (let x = -18; x <= 18; x++) pixels.push((100 + y) * 200 + 140 + x);
    const found = align(smooth, Int32Array.from(pixels), translation(-81, -39), true);
    const middle = apply(found, 140, 100);
    expect(middle.x).to.be.closeTo(60, 0.1);
    expect(middle.y).to.be.closeTo(60, 0.1);
    expect((Math.atan2(found.b, found.a) * 180) / Math.PI).to.be.closeTo(-4, 0.3);
  });
});

describe('regions', () => {
  it('have no gaps and no holes, and reach two pixels further', () => {
    const pixels: number[] = [];
    for (let y = 10; y < 50; y++) {
      for (let x = 10; x < 50; x++) {
        const hole = x > 18 && x < 42 && y > 18 && y < 42;
        const gap = y === 25 || y === 26;
        if (!hole && !gap) pixels.push(y * 60 + x);
      }
    }
    expect(boxAndArea(toRegion(Int32Array.from(pixels), 60, 60))).to.deep.equal({
      box: { x: 8, y: 8, width: 44, height: 44 },
      area: 1936,
    });
  });

  it('reach the border', () => {
    const pixels = Int32Array.from({ length: 20 * 8 }, (_, i) => Math.floor(i / 8) * 30 + (i % 8));
    expect(boxAndArea(toRegion(pixels, 30, 20))!.box).to.deep.equal({ x: 0, y: 0, width: 10, height: 20 });
  });

  it('are moved, and cut off at the border', () => {
    const mask = maskOf(['......', '.##...', '.##...', '......']);
    expect(boxAndArea(moveRegion(mask, translation(2, 1)))).to.deep.equal({
      box: { x: 3, y: 2, width: 2, height: 2 },
      area: 4,
    });
    expect(boxAndArea(moveRegion(mask, translation(-2, 0)))!.area).to.equal(2);
    expect(boxAndArea(moveRegion(mask, translation(9, 9)))).to.equal(undefined);
  });
});

describe('outline', () => {
  it('goes clockwise around the largest piece, along the edges of pixels', () => {
    const points = outline(maskOf(['#.....', '..###.', '..###.', '......']));
    expect(points).to.have.deep.members([
      { x: 2, y: 1 },
      { x: 5, y: 1 },
      { x: 5, y: 3 },
      { x: 2, y: 3 },
    ]);
    expect(polygonArea(points)).to.equal(6);
  });

  it('closes around pieces that touch at a corner, and around a single pixel', () => {
    expect(polygonArea(outline(maskOf(['#'])))).to.equal(1);
    const corner = ['####....', '####....', '####....', '####....', '....####', '....####', '....####'];
    expect(polygonArea(outline(maskOf(corner)))).to.equal(28);
    expect(outline(maskOf(['...']))).to.deep.equal([]);
  });

  it('keeps the area of a round thing with few corners', () => {
    const data = new Uint8Array(80 * 80);
    let area = 0;
    for (let i = 0; i < data.length; i++) {
      if (((i % 80) - 40) ** 2 + (Math.floor(i / 80) - 40) ** 2 < 900) data[i] = 1;
      area += data[i]!;
    }
    const points = outline({ width: 80, height: 80, data });
    expect(points.length).to.be.below(60);
    expect(polygonArea(points) / area).to.be.closeTo(1, 0.02);
  });
});

describe('recurrence', () => {
  /** A pattern with this many pixels between its tiles, and noise over it, and the pixels of one tile. */
  const tile = Int32Array.from(
    { length: 40 * 40 },
    (_, i) => (140 + Math.floor(i / 40)) * 384 + 60 + (i % 40),
  );
  const pattern = texture(48, 48, 21, 120);
  const tiled = paint(384, 256, (x, y) => pattern.data[((y % 48) * 48 + (x % 48)) * 3]!);

  it('is near 1 in a pattern, whichever step of it leads to the twin', () => {
    const bands = splitBands(toLuma(tiled, 384, 256));
    expect(recurrence(bands, tile, translation(48, 0), [])).to.be.above(0.9);
    // Two steps at once; with neither a third place two steps on nor one behind within the picture.
    expect(recurrence(bands, tile, translation(192, 0), [])).to.be.above(0.9);
    expect(recurrence(bands, tile, translation(0, -48), [translation(48, 0)])).to.be.above(0.9);
  });

  it('is small where something was copied once', () => {
    const copied = copyWithin(texture(384, 256, 22), {
      from: { x: 80, y: 160 },
      to: { x: 280, y: 160 },
      radius: { x: 35, y: 35 },
    });
    const bands = splitBands(toLuma(copied, 384, 256));
    const shifts = [translation(200, 0), translation(48, 10), translation(0, -60)];
    expect(recurrence(bands, tile, translation(200, 0), shifts)).to.be.below(0.4);
  });
});
