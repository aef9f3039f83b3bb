import { expect } from 'chai';
import { imageFigures, pixelLayer, pixelWarning, taskLayer } from '../../../src/lib/convert/layers.js';
import { differenceBins, differenceScale, parityPictures } from '../../../src/lib/convert/parity-pictures.js';

const SIDE = 100;
const PIXELS = SIDE * SIDE;

/** One photo whose right half was manipulated, and a map that marks the lower half. */
function figures(flipped: number, byPytorch = 0, contrast = 0.4) {
  const truth = Uint8Array.from({ length: PIXELS }, (_, i) => (i % SIDE >= SIDE / 2 ? 255 : 0));
  const right = Float64Array.from({ length: PIXELS }, (_, i) =>
    i >= PIXELS / 2 ? 0.5 + contrast : 0.5 - contrast,
  );
  const flippedAt = (count: number) =>
    Float32Array.from(right, (value, i) => (i < count ? 1 - value : value));
  const image = { width: SIDE, height: SIDE } as never;
  return imageFigures(
    SIDE,
    {
      photos: [
        {
          name: 'a.png',
          file: 'a.png',
          image,
          truth: { width: SIDE, height: SIDE, data: truth, reading: 'grey' },
          shown: true,
        },
      ],
      noise: [],
    },
    [{ width: SIDE, height: SIDE, data: new Float32Array(0) }],
    undefined,
    {
      truth: { scores: new Float64Array([2]), maps: right },
      pytorch: { scores: new Float32Array([2]), maps: flippedAt(byPytorch) },
      actual: { scores: new Float32Array([2.5]), maps: flippedAt(flipped) },
    },
  );
}

describe('the layers of parity', () => {
  it('are figures of each photo, against its ground truth', () => {
    const [image] = figures(0);
    expect(image).to.deep.include({ name: 'a.png', score: 0.25, flippedPixels: 0 });
    // A quarter of the photo is marked rightly, a quarter wrongly, a quarter missed.
    expect(image!.truth!.f1).to.deep.equal({ pytorch: 0.5, onnx: 0.5 });
    expect(image!.truth!.iou.onnx).to.be.closeTo(1 / 3, 1e-12);
    expect(figures(100)[0]!).to.include({ flippedPixels: 100 });
  });

  it('hold masks to limits of their own', () => {
    expect(taskLayer(SIDE, figures(1))).to.deep.include({ within: true, flipped: 1e-4, photos: 1 });
    const over = taskLayer(SIDE, figures(2));
    expect(over.within).to.equal(false);
    expect(over.f1).to.be.above(0);
    const unknown = figures(50).map((image) => ({ ...image, truth: null }));
    expect(taskLayer(SIDE, unknown)).to.deep.include({ photos: 0, within: true });
  });

  it('leave out pixels that are nearer to the threshold than float32 is certain', () => {
    // Within the tolerance of the graph, and as far as PyTorch's own float32 is off on that photo.
    expect(figures(50, 0, 4e-6)[0]!).to.include({ flippedPixels: 0 });
    expect(figures(50, 1, 1e-4)[0]!).to.include({ flippedPixels: 0, flippedByPytorch: 1 });
    // Of an exact PyTorch each counts.
    expect(figures(50, 0, 1e-4)[0]!).to.include({ flippedPixels: 50 });
    expect(taskLayer(SIDE, figures(50, 0, 1e-4)).within).to.equal(false);
    expect(taskLayer(SIDE, figures(50, 1, 1e-4)).within).to.equal(true);
  });

  it('hold pixels to a level of OpenCV’s, and say which build differs', () => {
    const told = (largest: number, opencv: string | null = '4.14.0') => ({
      event: 'pixels' as const,
      size: SIDE,
      opencv,
      photos: opencv === null ? [] : [{ name: 'a.png', largest }],
      values: 30000,
      differing: 7,
    });
    expect(pixelLayer(SIDE, told(1)).within).to.equal(true);
    expect(pixelWarning(pixelLayer(SIDE, told(1)))).to.equal(undefined);
    expect(pixelWarning(pixelLayer(SIDE, told(3)))).to.contain('OpenCV 4.14.0 by up to 3 levels');
    expect(pixelWarning(pixelLayer(SIDE, told(0, null)))).to.equal(undefined);
  });

  it('are drawn on a scale that reaches the largest difference', () => {
    expect(differenceScale(2.04e-6)).to.be.closeTo(400_000, 1e-6);
    expect(differenceScale(0.5)).to.equal(2);
    expect([differenceScale(0), differenceScale(NaN), differenceScale(1)]).to.deep.equal([1, 1, 1]);
    const bins = differenceBins({
      truth: { scores: new Float64Array(0), maps: new Float64Array([0.5, 0.5, 0.5, 0.5]) },
      actual: { scores: new Float32Array(0), maps: new Float32Array([0.5, 0.25, 0.25, NaN]) },
    });
    expect(bins[0]).to.deep.equal({ from: -12, to: -11.8, count: 1 });
    expect(bins.reduce((sum, { count }) => sum + count, 0)).to.equal(4);
    expect(bins.at(-1)!.count).to.equal(1);
  });

  it('show no photo of somebody’s data set', async () => {
    const image = { width: 2, height: 1, data: Uint8Array.from([255, 0, 0, 0, 0, 255]) } as never;
    const photo = { file: '', image, truth: null };
    const tensor = { width: 2, height: 1, data: new Float32Array(0) };
    const pictures = await parityPictures(
      [
        { ...photo, name: 'theirs.jpg', shown: false },
        { ...photo, name: 'ours.jpg', shown: true },
      ],
      [tensor, tensor],
      {
        truth: { scores: new Float64Array(2), maps: new Float64Array([1, 1, 0, 0]) },
        actual: { scores: new Float32Array(2), maps: new Float32Array([1, 1, 0, 0]) },
      },
      1,
    );
    expect(pictures.map(({ name }) => name)).to.deep.equal(['ours.jpg']);
    // Each has its own part of the maps.
    expect(pictures[0]!.onnx).to.equal(pictures[0]!.difference);
  });
});
