import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import type { RgbImage } from '../../../src/lib/image/decode/index.js';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { Detector } from '../../../src/lib/model/detector.js';
import { inputShape, padToShape } from '../../../src/lib/model/input-shape.js';
import { hashOnnx } from '../../../src/lib/model/onnx-hash.js';
import { temporaryFolder } from '../../support/folder.js';
import { ODD_MODELS, TINY_MODEL } from '../../support/models.js';

const free = (width: number, height: number, side: number, enlarge?: number): string => {
  const shape = inputShape({ width, height }, side, { fit: 'free', ...(enlarge && { enlarge }) });
  return `${shape.width}x${shape.height}, ${shape.covered.width}x${shape.covered.height}`;
};

describe('the shape of the input', () => {
  it('is a square where photos are stretched', () => {
    const square = { width: 288, height: 288, covered: { width: 288, height: 288 } };
    expect(inputShape({ width: 4000, height: 3000 }, 288, {})).to.deep.equal(square);
    expect(inputShape({ width: 1, height: 9 }, 288, { fit: 'stretch', enlarge: 2 })).to.deep.equal(square);
  });

  // The same table is in python/tests/test_shapes.py.
  for (const [width, height, expected] of [
    [384, 256, '384x256, 384x256'],
    [379, 250, '384x256, 379x250'],
    [380, 380, '384x384, 380x380'],
    [1000, 40, '1008x96, 1000x40'],
    [1, 1, '96x96, 1x1'],
    [500, 375, '432x336, 432x336'],
    [4000, 3000, '432x336, 432x336'],
    [3000, 4000, '336x432, 336x432'],
    [3000, 2000, '464x304, 464x304'],
    [1920, 1080, '512x288, 512x288'],
    [9000, 100, '1504x96, 1504x96'],
    [1600, 10, '1504x96, 1504x96'],
  ] as const) {
    it(`of ${width}x${height} is ${expected}`, () => {
      expect(free(width, height, 380)).to.equal(expected);
    });
  }

  it('enlarges small photos where the model wants it', () => {
    expect(free(384, 256, 392, 1.25)).to.equal('480x320, 480x320');
    expect(free(384, 256, 380, 2)).to.equal('464x304, 464x304');
    expect(free(100, 100, 380, 1.25)).to.equal('128x128, 128x128');
    expect(free(4000, 3000, 380, 1.25)).to.equal(free(4000, 3000, 380));
  });

  it('repeats the last column and row beside the photo', () => {
    const shape = { width: 3, height: 3, covered: { width: 2, height: 2 } };
    const rgb = Uint8Array.from([1, 2, 3, 4].flatMap((grey) => [grey, grey, grey]));
    expect([...padToShape(rgb, shape)].filter((_, index) => index % 3 === 0)).to.deep.equal([
      1, 2, 2, 3, 4, 4, 3, 4, 4,
    ]);
  });
});

describe('a network of free shapes', () => {
  const folder = temporaryFolder();

  it('sees a photo that fits pixel by pixel, and maps the photo alone', async () => {
    const file = 'any-sides.onnx';
    await cp(path.join(ODD_MODELS, file), folder.file('m', file));
    const manifest = JSON.parse(await readFile(path.join(TINY_MODEL, 'model.json'), 'utf8')) as {
      input: object;
    };
    const { sha256, bytes } = await hashOnnx(folder.file('m', file));
    const variants = [{ file, inputSize: 160, precision: 'fp32', sha256, bytes }];
    const input = { ...manifest.input, fit: 'free' };
    await writeFile(folder.file('m', 'model.json'), JSON.stringify({ ...manifest, input, variants }));
    const detector = await Detector.open(await findModel(folder.file('m')), { threads: 1, concurrency: 1 });
    try {
      for (const [width, height] of [
        [150, 101],
        [96, 130],
        [150, 101],
      ] as const) {
        const { map, output } = await detector.detect(photo(width, height));
        expect([map.width, map.height, map.data.length]).to.deep.equal([width, height, width * height]);
        // The photo is grey and black with a white pixel in its last corner, which marks that corner alone.
        const marked = [...map.data.keys()].filter((index) => map.data[index]! > 0.99);
        expect(marked).to.deep.equal([width * height - 1]);
        expect(output.value).to.be.greaterThan(5);
      }
      const { map } = await detector.detect(photo(600, 400));
      expect([map.width, map.height]).to.deep.equal([192, 128]);
    } finally {
      await detector.close();
    }
  });
});

function photo(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3).fill(60);
  data.fill(255, data.length - 3);
  return { width, height, data } as RgbImage;
}
