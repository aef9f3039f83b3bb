import { chmod, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { rejection } from '../../../support/rejection.js';
import { OfxError } from '../../../../src/lib/core/errors.js';
import { decodeImage } from '../../../../src/lib/image/decode/index.js';
import { encodeRgb } from '../../../../src/lib/image/encode.js';
import { decodeSamples } from '../../../../src/lib/image/decode/samples.js';
import { greyLevels, readGroundTruth } from '../../../../src/lib/image/ground-truth.js';
import { difference, golden, image, IMAGES, noise } from '../../../fixtures/fixtures.js';

interface Decoded {
  file: string;
  width: number;
  height: number;
  kind: 'rgb' | 'grey';
}

const decoded = golden<Decoded>('decode');

async function failure(work: Promise<unknown>): Promise<OfxError> {
  try {
    await work;
  } catch (error) {
    expect(error).to.be.instanceOf(OfxError);
    return error as OfxError;
  }
  throw new Error('Nothing was thrown');
}

describe('decodeImage', () => {
  // libheif, through which sharp reads AVIF, calculates in another way than OpenCV's libavif; see below.
  const exact = decoded.filter(({ file, kind }) => kind === 'rgb' && !file.endsWith('.avif'));
  for (const { file, width, height, bytes } of exact) {
    it(`gives OpenCV's pixels: ${file} (${IMAGES[file]!})`, async () => {
      const result = await decodeImage(image(file));
      expect([result.width, result.height]).to.deep.equal([width, height]);
      expect(difference(result.data, bytes)).to.deep.equal({ largest: 0, count: 0 });
    });
  }

  it('turns TIFF files by 90 degrees, too, which OpenCV does not read', async () => {
    const { data, width, height } = await decodeImage(image('tiff-rgb.tif'));
    for (const [orientation, source] of Object.entries({
      // For each orientation, the pixel of the stored picture that is shown at (x, y).
      5: (x: number, y: number) => [y, x],
      6: (x: number, y: number) => [y, height - 1 - x],
      7: (x: number, y: number) => [width - 1 - y, height - 1 - x],
      8: (x: number, y: number) => [width - 1 - y, x],
    })) {
      const turned = await decodeImage(image(`tiff-orientation-${orientation}.tif`));
      expect([turned.width, turned.height]).to.deep.equal([height, width]);
      const expected = new Uint8Array(data.length);
      for (let y = 0, to = 0; y < width; y++) {
        for (let x = 0; x < height; x++, to += 3) {
          const [column, row] = source(x, y) as [number, number];
          const from = (row * width + column) * 3;
          expected.set(data.subarray(from, from + 3), to);
        }
      }
      expect(difference(turned.data, expected).count, `orientation ${orientation}`).to.equal(0);
    }
  });

  it("is within one level of OpenCV's pixels for AVIF, where chroma need not be interpolated", async () => {
    for (const { file, bytes } of decoded.filter(
      ({ file, kind }) => kind === 'rgb' && /avif-(444|alpha)/.test(file),
    )) {
      expect(difference((await decodeImage(image(file))).data, bytes).largest, file).to.be.at.most(1);
    }
  });

  it('shows AVIF as people see it, which OpenCV does not: turned as the file says', async () => {
    const stored = await decodeImage(image('avif-444.avif'));
    const { width, height, data } = await decodeImage(image('avif-exif-6.avif'));
    expect([width, height]).to.deep.equal([stored.height, stored.width]);
    // The first row shown is the first column stored, from the bottom.
    for (let x = 0; x < width; x++) {
      const from = (stored.height - 1 - x) * stored.width * 3;
      expect(data.subarray(x * 3, x * 3 + 3)).to.deep.equal(stored.data.subarray(from, from + 3));
    }
  });

  it('takes the bytes of a file as well as its path', async () => {
    const file = image('png-rgb.png');
    expect(await decodeImage(await readFile(file))).to.deep.equal(await decodeImage(file));
  });

  it('warns of CMYK', async () => {
    const { warnings } = await decodeImage(image('jpeg-cmyk.jpg'));
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include('CMYK');
  });

  it('warns of damage that libjpeg repairs', async () => {
    const { warnings } = await decodeImage(image('bad-damaged.jpg'));
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include('damaged');
  });

  it('has nothing to say about a sound picture', async () => {
    const { warnings, format } = await decodeImage(image('jpeg-420.jpg'));
    expect(warnings).to.be.empty;
    expect(format).to.equal('jpeg');
  });

  const refused = {
    'bad-empty.jpg': ['IMAGE_EMPTY', 'is empty'],
    'bad-text.jpg': ['IMAGE_UNRECOGNISED', 'is not an image'],
    'bad-truncated.jpg': ['IMAGE_DAMAGED', 'premature end'],
    'bad-truncated-head.jpg': ['IMAGE_DAMAGED', 'premature end'],
    'bad-truncated.png': ['IMAGE_DAMAGED', 'damaged'],
    'bad-checksum.png': ['IMAGE_DAMAGED', 'damaged'],
    'bad-truncated.webp': ['IMAGE_DAMAGED', 'damaged'],
    'bad-truncated.tif': ['IMAGE_DAMAGED', 'damaged'],
    'bad-truncated.bmp': ['IMAGE_DAMAGED', 'damaged'],
    'bad-truncated.gif': ['IMAGE_DAMAGED', 'damaged'],
    'bad-truncated.avif': ['IMAGE_DAMAGED', 'damaged'],
    'bad-huge.png': ['IMAGE_TOO_LARGE', '100000 x 100000'],
    'bad-svg.jpg': ['IMAGE_UNSUPPORTED', 'an SVG drawing'],
    'bad-svg-utf16.jpg': ['IMAGE_UNSUPPORTED', 'an SVG drawing'],
    'bad-svg-gzip.jpg': ['IMAGE_UNSUPPORTED', 'a gzip archive'],
    'bad-pdf.jpg': ['IMAGE_UNSUPPORTED', 'a PDF document'],
    'bad-zip.png': ['IMAGE_UNSUPPORTED', 'a zip archive'],
    'bad-float.tif': ['IMAGE_UNSUPPORTED', 'float'],
    'bad-ppm.png': ['IMAGE_UNSUPPORTED', 'a PNM image'],
  } as const;
  for (const [file, [code, words]] of Object.entries(refused)) {
    it(`refuses ${file} (${IMAGES[file]!})`, async () => {
      const error = await failure(decodeImage(image(file)));
      expect(error.code).to.equal(code);
      expect(error.exitStatus).to.equal(65);
      expect(error.message).to.include(words).and.to.include(file);
    });
  }

  it('reads the size of an image from its header, before decoding, in every format', async () => {
    for (const file of [
      'jpeg-420.jpg',
      'png-rgb.png',
      'webp-lossy.webp',
      'tiff-rgb.tif',
      'gif-plain.gif',
      'bmp-24.bmp',
      'avif-444.avif',
    ]) {
      const error = await failure(decodeImage(image(file), { maxPixels: 45 * 35 - 1 }));
      expect(error.code, file).to.equal('IMAGE_TOO_LARGE');
      await decodeImage(image(file), { maxPixels: 45 * 35 });
    }
  });

  it('limits the size of a file', async () => {
    const { length } = await readFile(image('png-rgb.png'));
    expect((await failure(decodeImage(image('png-rgb.png'), { maxBytes: length - 1 }))).code).to.equal(
      'IMAGE_TOO_LARGE',
    );
    await decodeImage(image('png-rgb.png'), { maxBytes: length });
  });

  it('says when a file is missing, or a folder', async () => {
    expect((await failure(decodeImage('/nowhere/photo.jpg'))).code).to.equal('INPUT_MISSING');
    expect((await failure(decodeImage(`${image('png-rgb.png')}/photo.jpg`))).code).to.equal('INPUT_MISSING');
    expect((await failure(decodeImage(path.dirname(image('png-rgb.png'))))).code).to.equal(
      'INPUT_UNREADABLE',
    );
  });

  it('says when a file may not be read', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-decode-'));
    const file = path.join(folder, 'secret.png');
    await copyFile(image('png-rgb.png'), file);
    await chmod(file, 0);
    await chmod(folder, 0o755);
    // Permissions do not bind root, so the test steps down for a moment.
    const root = process.geteuid!() === 0;
    if (root) process.seteuid!(65534);
    try {
      const error = await failure(decodeImage(file));
      expect([error.code, error.exitStatus]).to.deep.equal(['INPUT_UNREADABLE', 66]);
    } finally {
      if (root) process.seteuid!(0);
      await rm(folder, { recursive: true });
    }
  });

  it('refuses whatever it cannot decode as bad input, and never breaks: bytes changed and files cut at random', async () => {
    for (const [seed, file] of Object.keys(IMAGES).entries()) {
      const bytes = await readFile(image(file));
      const random = noise(seed + 1, 60);
      for (let round = 0; round < 4 && bytes.length > 0; round++) {
        const changed = Buffer.from(bytes);
        for (let i = round * 15; i < round * 15 + 12; i += 3) {
          // Mostly in the header, where it matters most.
          const at = random[i]! < 200 ? random[i + 1]! : random[i]! * 256 + random[i + 1]!;
          changed[at % changed.length] = random[i + 2]!;
        }
        const length = round === 3 ? (changed.length * random[58]!) >> 8 : changed.length;
        try {
          const { width, height, data } = await decodeImage(changed.subarray(0, length), { maxPixels: 1e6 });
          expect(data).to.have.length(width * height * 3);
        } catch (error) {
          expect(error, file).to.be.instanceOf(OfxError);
          expect((error as OfxError).exitStatus, file).to.equal(65);
        }
      }
    }
  });

  it('keeps no memory', async () => {
    const file = await encodeRgb(new Uint8Array(1000 * 800 * 3).fill(90), 1000, 800, 'jpeg');
    const residentAfter = async (images: number): Promise<number> => {
      for (let i = 0; i < images; i++) await decodeImage(file);
      return process.memoryUsage.rss() / 1e6;
    };
    const before = await residentAfter(80);
    // 300 pictures of 2.4 MB are 720 MB; what the collector has not yet got round to is some tens.
    expect((await residentAfter(300)) - before).to.be.below(150);
  });
});

/** Whose alpha OpenCV's grey levels know of, or whose chroma another decoder interpolates otherwise. */
const NOT_ALIKE = /jpe?g|avif|tiff-cmyk|^size-|animated|pages/;

describe('greyLevels', () => {
  for (const { file, kind, bytes } of decoded) {
    if (kind !== 'grey' || NOT_ALIKE.test(file)) continue;
    // In colour off by at most one level.
    const isGrey = /grey|bilevel|min-is-white|packbits|^bmp-1\.bmp/.test(file);
    it(`gives OpenCV's grey levels: ${file}`, async () => {
      const grey = greyLevels(await decodeSamples(image(file)));
      expect(difference(grey, bytes).largest).to.be.at.most(isGrey ? 0 : 1);
    });
  }
});

describe('readGroundTruth', () => {
  for (const file of [
    'bmp-8-grey.bmp',
    'jpeg-grey.jpg',
    'png-grey16.png',
    'tiff-grey-alpha.tif',
    'bmp-1.bmp',
  ]) {
    it(`refuses what is no mask for certain: ${file}`, async () => {
      expect(await rejection(readGroundTruth(image(file))))
        .to.have.property('message')
        .that.contains('certainty');
    });
  }
});
