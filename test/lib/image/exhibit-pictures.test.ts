import { expect } from 'chai';
import sharp from 'sharp';
import { exhibitPictures } from '../../../src/lib/image/exhibit-pictures.js';

describe('pictures of an exhibit', () => {
  const image = { width: 8, height: 4, data: new Uint8Array(8 * 4 * 3).fill(200) };
  const map = { width: 2, height: 1, data: Float32Array.of(0, 1) };

  it('have the probabilities by themselves only for whoever draws them anew', async () => {
    const forReport = await exhibitPictures(image, map, { maskThreshold: 0.5, withMap: false });
    expect(Object.keys(forReport)).to.have.members(['photo', 'heat']);
    const forPage = await exhibitPictures(image, map, { maskThreshold: 0.5, withMap: true });
    const grey = await sharp(forPage.map).extractChannel(0).raw().toBuffer();
    expect([...grey]).to.deep.equal([0, 255]);
    expect(Buffer.from(forPage.heat).equals(forReport.heat)).to.equal(true);
  });
});
