import { expect } from 'chai';
import { PanelPaths, possiblePanels } from '../../../src/lib/run/files.js';

describe('where pictures of images lie', () => {
  const images = ['images/a.jpg', 'images/b.png', 'images/B.tif', 'images/.c', 'd.e/f'];

  it('is beside one another, with one ending each', () => {
    const png = new PanelPaths(images, 'png');
    expect(images.map((image) => png.of(image))).to.deep.equal([
      'overlays/images/a.png',
      // Names that differ only in their endings, on some disks, keep them.
      'overlays/images/b.png.png',
      'overlays/images/B.tif.png',
      'overlays/images/.c.png',
      'overlays/d.e/f.png',
    ]);
    expect(new PanelPaths(images, 'jpeg').of('images/a.jpg')).to.equal('overlays/images/a.jpg');
    expect(new PanelPaths(images, 'webp').of('images/a.jpg')).to.equal('overlays/images/a.webp');
  });

  it('is found again in a run of any format', () => {
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const paths = new PanelPaths(images, format);
      for (const image of images) expect(possiblePanels(image)).to.include(paths.of(image));
    }
  });
});
