import { expect } from 'chai';
import type { RgbImage } from '../../../src/lib/image/decode/index.js';
import { distort, DISTORTIONS, gaussianKernel, type Distortion } from '../../../src/lib/image/distort.js';
import { seededRandom } from '../../../src/lib/metrics/random.js';

function picture(width: number, height: number, value: (x: number, y: number) => number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = value(Math.floor(i / 3) % width, Math.floor(i / 3 / width));
  return { width, height, data, format: 'png', warnings: [] };
}

const distorted = (image: RgbImage, distortion: Distortion, seed = 1): Promise<RgbImage> =>
  distort(image, distortion, seededRandom(seed));

describe('distortions', () => {
  const flat = picture(40, 30, () => 120);
  const edge = picture(40, 30, (x) => (x < 20 ? 0 : 255));

  it('are those of the definition, twenty in all', () => {
    const levels = (kind: string): number[] =>
      DISTORTIONS.filter((one) => one.kind === kind).map(({ level }) => level);
    expect(levels('jpeg')).to.deep.equal([100, 90, 80, 70, 60, 50]);
    expect(levels('blur')).to.deep.equal([3, 7, 11, 15, 19, 23]);
    expect(levels('noise')).to.deep.equal([3, 7, 11, 15, 19, 23]);
    expect(levels('resize')).to.deep.equal([0.78, 0.25]);
  });

  it('blur as OpenCV’s kernels do', async () => {
    // cv2.getGaussianKernel(11, 0), middle and end.
    expect(gaussianKernel(11)[5]).to.be.closeTo(0.2005654, 1e-6);
    expect(gaussianKernel(11)[0]).to.be.closeTo(0.0088122, 1e-6);
    expect(gaussianKernel(23).reduce((a, b) => a + b)).to.be.closeTo(1, 1e-12);
    const { data } = await distorted(edge, { kind: 'blur', level: 3 });
    expect([18, 19, 20, 21].map((x) => data[x * 3])).to.deep.equal([0, 64, 191, 255]);
    expect((await distorted(flat, { kind: 'blur', level: 23 })).data).to.deep.equal(flat.data);
  });

  it('blur pictures that are smaller than the kernel', async () => {
    const { data } = await distorted(
      picture(1, 2, (_, y) => y * 100),
      { kind: 'blur', level: 23 },
    );
    expect(data[0]).to.be.closeTo(50, 3);
  });

  it('add noise of the wanted strength, the same for the same seed, within 0 and 255', async () => {
    const large = picture(200, 200, () => 120);
    const { data } = await distorted(large, { kind: 'noise', level: 15 });
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
    expect(mean).to.be.closeTo(120, 0.5);
    expect(deviation).to.be.closeTo(15, 0.2);
    expect((await distorted(large, { kind: 'noise', level: 15 })).data).to.deep.equal(data);
    expect((await distorted(large, { kind: 'noise', level: 15 }, 2)).data).not.to.deep.equal(data);
    const white = await distorted(
      picture(9, 9, () => 255),
      { kind: 'noise', level: 23 },
    );
    expect(Math.max(...white.data)).to.equal(255);
    expect(Math.min(...white.data))
      .to.be.below(255)
      .and.above(120);
  });

  it('lose more by a lower JPEG quality', async () => {
    const busy = picture(64, 64, (x, y) => (x * 37 + y * 91 + x * y * 13) % 256);
    const loss = async (level: number): Promise<number> => {
      const { data } = await distorted(busy, { kind: 'jpeg', level });
      return data.reduce((sum, value, i) => sum + Math.abs(value - busy.data[i]!), 0) / data.length;
    };
    expect(await loss(100)).to.be.above(0);
    expect(await loss(50)).to.be.above(await loss(90));
  });

  it('make smaller, down to one pixel', async () => {
    const small = await distorted(edge, { kind: 'resize', level: 0.25 });
    expect(small).to.include({ width: 10, height: 8 });
    expect(small.data).to.have.length(10 * 8 * 3);
    expect(
      await distorted(
        picture(1, 1, () => 7),
        { kind: 'resize', level: 0.25 },
      ),
    ).to.include({ width: 1, height: 1 });
  });
});
