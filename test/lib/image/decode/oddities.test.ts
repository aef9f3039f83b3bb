import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { OfxError } from '../../../../src/lib/core/errors.js';
import { decodeImage } from '../../../../src/lib/image/decode/index.js';
import { openImage } from '../../../../src/lib/image/decode/samples.js';
import { difference } from '../../../fixtures/fixtures.js';
import { SHARED_CASES } from '../../../support/shared-data.js';

const ODDITIES = path.join(import.meta.dirname, '../../../fixtures/oddities');

/** Pictures beside which lies what OpenCV makes of them. */
function withReference(folder: string): string[] {
  const names = readdirSync(folder);
  return names.filter((name) => names.includes(`${name}.opencv.png`)).map((name) => path.join(folder, name));
}

async function failure(work: Promise<unknown>): Promise<OfxError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(OfxError);
  return error as OfxError;
}

async function expectOpenCvPixels(file: string): Promise<string[]> {
  const [found, reference] = await Promise.all([decodeImage(file), decodeImage(`${file}.opencv.png`)]);
  expect([found.width, found.height]).to.deep.equal([reference.width, reference.height]);
  expect(difference(found.data, reference.data)).to.deep.equal({ largest: 0, count: 0 });
  return found.warnings;
}

describe('pictures that decoders read in different ways', () => {
  for (const file of withReference(ODDITIES)) {
    // libheif calculates otherwise than OpenCV's libavif, see decodeImage.
    if (file.endsWith('.avif') || file.includes('animated')) continue;
    it(`gives OpenCV's pixels of ${path.basename(file)}, and no false warning`, async () => {
      expect(await expectOpenCvPixels(file)).to.deep.equal([]);
    });
  }

  it('reads the first frame of an animated AVIF, and says so', async () => {
    const file = path.join(ODDITIES, 'avif-animated.avif');
    const [found, reference] = await Promise.all([decodeImage(file), decodeImage(`${file}.opencv.png`)]);
    expect(difference(found.data, reference.data).largest).to.be.at.most(1);
    expect(found.warnings.join()).to.include('only the first frame');
  });

  for (const name of readdirSync(ODDITIES).filter((name) => name.startsWith('damaged-'))) {
    it(`says of ${name} that it is damaged`, async () => {
      const told = await decodeImage(path.join(ODDITIES, name)).then(
        ({ warnings }) => warnings.join(),
        (error: unknown) => {
          expect((error as OfxError).code).to.equal('IMAGE_DAMAGED');
          return (error as OfxError).message;
        },
      );
      expect(told).to.include('damaged');
    });
  }

  for (const name of readdirSync(ODDITIES).filter((name) => name.startsWith('raw-'))) {
    it(`refuses ${name}, a raw photo in TIFF's clothing`, async () => {
      const error = await failure(decodeImage(path.join(ODDITIES, name)));
      expect([error.code, error.exitStatus]).to.deep.equal(['IMAGE_UNSUPPORTED', 65]);
      expect(error.message).to.include('camera raw').and.to.include(name);
    });
  }

  for (const name of readdirSync(ODDITIES).filter((name) => name.startsWith('unsupported-'))) {
    it(`does not call ${name} damaged`, async () => {
      const error = await failure(decodeImage(path.join(ODDITIES, name)));
      expect([error.code, error.httpStatus]).to.deep.equal(['IMAGE_UNSUPPORTED', 415]);
      expect(error.suggestion).to.match(/PNG/);
    });
  }

  it('says of a PNG that shows something else where it is animated that one image was looked at', async () => {
    const file = path.join(ODDITIES, 'png-animated-beside.png');
    const warnings = await expectOpenCvPixels(file);
    expect(warnings.join()).to.include('only the first');
  });

  it('refuses YCbCr of reduced chroma without JPEG, by name', async () => {
    const error = await failure(decodeImage(path.join(ODDITIES, 'tiff-ycbcr-420.tif')));
    expect(error.code).to.equal('IMAGE_UNSUPPORTED');
    expect(error.message).to.include('YCbCr');
  });

  it('opens a TIFF page by page, without the small copies of its pages', async () => {
    const three = await openImage(path.join(ODDITIES, 'tiff-three-pages.tif'));
    expect(three.pictures.map(({ page }) => page)).to.deep.equal([1, 2, 3]);
    const sizes = await Promise.all(three.pictures.map(async (picture) => picture.decode()));
    expect(sizes.map(({ width, height, channels }) => [width, height, channels])).to.deep.equal([
      [47, 33, 3],
      [60, 40, 3],
      [47, 33, 1],
    ]);
    const one = await openImage(path.join(ODDITIES, 'tiff-page-and-thumbnail.tif'));
    expect(one.pictures.map(({ page }) => page)).to.deep.equal([1]);
    for (const beside of ['transparency', 'old-thumbnail']) {
      const { pictures } = await openImage(path.join(ODDITIES, `tiff-page-and-${beside}.tif`));
      expect(
        pictures.map(({ page }) => page),
        beside,
      ).to.deep.equal([1]);
    }
    const broken = await openImage(path.join(ODDITIES, 'tiff-second-page-broken.tif'));
    expect((await failure(broken.pictures[1]!.decode())).message).to.match(/^Page 2 of .* is damaged/);
    const bytes = await readFile(path.join(ODDITIES, 'tiff-second-page-broken.tif'));
    const unnamed = await failure((await openImage(bytes)).pictures[1]!.decode());
    expect(unnamed.message).to.match(/^Page 2 of the image is damaged/);
  });
});

describe('pictures of the case list', () => {
  before(function () {
    if (!existsSync(SHARED_CASES)) this.skip();
  });

  const places = existsSync(SHARED_CASES) ? readdirSync(SHARED_CASES).filter((name) => /^B/.test(name)) : [];
  for (const place of places) {
    for (const file of withReference(path.join(SHARED_CASES, place))) {
      if (file.endsWith('.avif')) continue;
      it(`gives OpenCV's pixels of ${place}/${path.basename(file)}`, async () => {
        expect(await expectOpenCvPixels(file)).to.deep.equal([]);
      });
    }
  }

  for (const [odd, sound] of [
    ['B06-no-eoi/no-eoi.jpg', 'B06-no-eoi/same-with-eoi.jpg'],
    ['B06-no-eoi/no-eoi-samsung-trailer.jpg', 'B06-no-eoi/same-with-eoi.jpg'],
    ['B07-samsung-sos/samsung.jpg', 'B07-samsung-sos/same-with-right-header.jpg'],
  ] as const) {
    it(`reads ${odd} like its twin without the oddity, and does not call it damaged`, async () => {
      const [one, other] = await Promise.all(
        [odd, sound].map(async (name) => decodeImage(path.join(SHARED_CASES, name))),
      );
      expect(one).to.deep.equal(other);
    });
  }
});
