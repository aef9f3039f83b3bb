import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { PDF } from '@libpdf/core';
import { expect } from 'chai';
import sharp from 'sharp';
import { decodeImage } from '../../../src/lib/image/decode/index.js';
import { openImage } from '../../../src/lib/image/decode/samples.js';
import { findModel } from '../../../src/lib/model/catalogue.js';
import { Analyser } from '../../../src/lib/predict/analyse.js';
import { TINY_MODEL } from '../../support/models.js';
import { ROOT } from '../../support/ofx.js';
import { jpegImage, makePdf, type PdfImage } from '../../support/pdf.js';
import { rejection } from '../../support/rejection.js';

const SIDE = 64;
const noise = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7919) % 251);

/** Samples that are deflated. */
function samples(colours: string, bits: number, data: Uint8Array, more = ''): PdfImage {
  const filter = more.includes('/Filter') ? '' : '/Filter /FlateDecode';
  return {
    says: `/Width ${SIDE} /Height ${SIDE} /ColorSpace ${colours} /BitsPerComponent ${bits} ${filter} ${more}`,
    data: deflateSync(data),
  };
}

describe('a PDF document', () => {
  let photo: Buffer;
  let cat: Buffer;
  let analyser: Analyser;

  before(async () => {
    photo = await readFile(path.join(ROOT, 'samples/copy-move-rocket.jpg'));
    cat = await readFile(path.join(ROOT, 'samples/authentic-cat.jpg'));
    analyser = await Analyser.open(await findModel(TINY_MODEL), { size: 64, threads: 1, concurrency: 1 });
  });

  after(async () => analyser.close());

  async function jpeg(file: Buffer): Promise<PdfImage> {
    const { width, height } = await sharp(file).metadata();
    return jpegImage(file, width, height);
  }

  async function first(image: PdfImage): Promise<{ channels: number; data: Uint8Array }> {
    return (await openImage(makePdf([image], [{ shows: [0] }]))).pictures[0].decode();
  }

  it('gives the very pixels of the JPEG files in it, whatever is wrapped around them', async () => {
    const { data } = await decodeImage(photo);
    const plain = await jpeg(photo);
    const hex: PdfImage = {
      says: plain.says.replace('/DCTDecode', '[/ASCIIHexDecode /DCTDecode]'),
      data: Buffer.from(`${photo.toString('hex')}>`),
    };
    const flate: PdfImage = {
      says: plain.says.replace('/DCTDecode', '[/FlateDecode /DCTDecode]'),
      data: deflateSync(photo),
    };
    for (const image of [plain, hex, flate])
      expect(Buffer.compare((await first(image)).data, data), image.says).to.equal(0);
  });

  it('gives the samples of what is no JPEG file', async () => {
    const grey = noise.subarray(0, SIDE * SIDE);
    expect((await first(samples('/DeviceRGB', 8, noise))).data).to.deep.equal(noise);
    expect((await first(samples('[/CalGray <<>>]', 8, grey))).data).to.deep.equal(grey);
    const inverted = await first(samples('/DeviceGray', 8, grey, '/Decode [1 0]'));
    expect(inverted.data).to.deep.equal(grey.map((level) => 255 - level));
    const bits = await first(samples('/DeviceGray', 1, new Uint8Array((SIDE * SIDE) / 8).fill(0b10101010)));
    expect([...bits.data.subarray(0, 4)]).to.deep.equal([255, 0, 255, 0]);
    const palette = '[/Indexed /DeviceRGB 1 <0A0B0C C8C9CA>]';
    const coloured = await first(samples(palette, 1, new Uint8Array((SIDE * SIDE) / 8).fill(0b10101010)));
    expect([...coloured.data.subarray(0, 6)]).to.deep.equal([200, 201, 202, 10, 11, 12]);
    const wide = Uint8Array.from({ length: SIDE * SIDE * 2 }, (_, i) => (i % 2 === 0 ? i % 251 : 255));
    expect([...(await first(samples('/DeviceGray', 16, wide))).data.subarray(0, 3)]).to.deep.equal([0, 2, 4]);
    // PNG's predictors, as PNG itself writes them.
    const pixels = { raw: { width: SIDE, height: SIDE, channels: 3 as const } };
    const png = await sharp(noise, pixels).png({ adaptiveFiltering: true }).toBuffer();
    const start = png.indexOf('IDAT');
    const predicted: PdfImage = {
      says: `/Width ${SIDE} /Height ${SIDE} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors 3 /Columns ${SIDE} >>`,
      data: png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4)),
    };
    expect(Buffer.compare((await first(predicted)).data, noise)).to.equal(0);
  });

  it('is looked at picture by picture, each once, and named', async () => {
    const document = makePdf(
      [await jpeg(photo), await jpeg(cat), samples('/DeviceRGB', 8, noise)],
      [{ shows: [0] }, { shows: [0, 1, 2], more: 'BT (text) Tj ET' }, { shows: [] }],
    );
    const { prediction } = await analyser.analyse('contract.pdf', document, { minArea: 0 });
    const { pages = [], picture, sha256, score, warnings } = prediction;
    expect(pages.map(({ page, image }) => [page, image])).to.deep.equal([
      [1, 1],
      [2, 1],
      [2, 2],
    ]);
    expect(score).to.equal(Math.max(...pages.map((one) => one.score)));
    expect(sha256).to.equal(createHash('sha256').update(document).digest('hex'));
    expect(picture!.name).to.equal(`contract.pdf#page=${picture!.page}&image=${picture!.image}`);
    const told = warnings.join('\n');
    expect(told).to.include('not its text').and.include('Page 3 shows no picture');
    expect(told).to.include(`#page=${picture!.page}&image=${picture!.image}`);
    // Each has the score that its file has.
    const alone = await analyser.analyse('contract.pdf', document, { minArea: 0, page: 1 });
    const bare = await analyser.analyse('photo.jpg', photo, { minArea: 0 });
    expect(alone.prediction.score).to.equal(bare.prediction.score);
    expect(alone.prediction.picture!.sha256).to.equal(bare.prediction.sha256);
    expect(alone.prediction.warnings.join()).to.include('Only 1 of 3 pictures');
  });

  it('is judged by what can be read of it, and names each picture that cannot', async () => {
    const size = `/Width ${SIDE} /Height ${SIDE} /ColorSpace /DeviceGray /BitsPerComponent 1`;
    const bare = (await analyser.analyse('photo.jpg', photo, { minArea: 0 })).prediction;
    const unseen = async (document: Buffer): Promise<readonly [string, string, string]> => {
      const { prediction } = await analyser.analyse('x.pdf', document, { minArea: 0 });
      expect([prediction.score, prediction.verdict]).to.deep.equal([bare.score, bare.verdict]);
      expect(prediction.unseen).to.have.length(1);
      const { name, error } = prediction.unseen![0]!;
      expect(prediction.warnings.join())
        .to.include('Nothing is known about 1 of 2 pictures')
        .and.include(error.message);
      return [name, error.code, error.message];
    };
    for (const [filter, word] of [
      ['JPXDecode', 'JPEG 2000'],
      ['JBIG2Decode', 'JBIG2'],
      ['CCITTFaxDecode', 'CCITT'],
      ['LZWDecode', 'LZW'],
    ] as const) {
      const odd = { says: `${size} /Filter /${filter}`, data: noise };
      const [name, code, message] = await unseen(
        makePdf([await jpeg(photo), odd], [{ shows: [0] }, { shows: [1] }]),
      );
      expect([name, code]).to.deep.equal(['x.pdf#page=2&image=1', 'IMAGE_UNSUPPORTED']);
      expect(message).to.include('#page=2&image=1').and.include(word);
    }
    // Known only once it is decoded.
    const broken = jpegImage(Buffer.concat([photo.subarray(0, 300), Buffer.alloc(500, 7)]), 640, 427);
    const damaged = await unseen(makePdf([broken, await jpeg(photo)], [{ shows: [0, 1] }]));
    expect(damaged.slice(0, 2)).to.deep.equal(['x.pdf#page=1&image=1', 'IMAGE_DAMAGED']);
    const inline = 'BI /W 20 /H 20 /BPC 8 /CS /G ID 0123 EI';
    const within = await unseen(makePdf([await jpeg(photo)], [{ shows: [0], more: inline }]));
    expect(within[0]).to.equal('x.pdf#page=1&image=2');
  });

  it('fails where nothing of it can be read, and --page looks at one page', async () => {
    const odd = {
      says: `/Width 64 /Height 64 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /JPXDecode`,
      data: noise,
    };
    const document = makePdf([await jpeg(photo), odd], [{ shows: [0] }, { shows: [1] }]);
    const error = await rejection(analyser.analyse('x.pdf', document, { minArea: 0, page: 2 }));
    expect([error.code, error.message.includes('#page=2&image=1')]).to.deep.equal([
      'IMAGE_UNSUPPORTED',
      true,
    ]);
    expect(
      (await analyser.analyse('x.pdf', document, { minArea: 0, page: 1 })).prediction,
    ).to.not.have.property('unseen');
    const both = await rejection(
      analyser.analyse('x.pdf', makePdf([odd, odd], [{ shows: [0, 1] }]), { minArea: 0 }),
    );
    expect(both.message).to.include('Nor can 1 other picture');
    const gone = await rejection(analyser.analyse('x.pdf', makePdf([], [{ shows: [4] }]), { minArea: 0 }));
    expect([gone.code, gone.message.includes('#page=1&image=1')]).to.deep.equal(['IMAGE_DAMAGED', true]);
    const spot = samples('[/Separation /Gold /DeviceRGB 1 0 R]', 8, noise);
    expect((await rejection(first(spot))).message).to.include('Separation');
  });

  it('comes to an end where its objects are damaged', async () => {
    for (const stray of [')', '}', '{ ) }']) {
      const text = `%PDF-1.4\n1 0 obj <</Type /Catalog ${stray} /Pages 2 0 R>> endobj\n`;
      const { code } = await rejection(openImage(Buffer.from(text)));
      expect(code, stray).to.equal('IMAGE_DAMAGED');
    }
  });

  it('fails with the reason where it is encrypted, damaged, a bomb or without pictures', async () => {
    const document = makePdf([await jpeg(photo)], [{ shows: [0] }]);
    const pdf = await PDF.load(document);
    pdf.setProtection({ userPassword: 'secret', ownerPassword: 'owner' });
    const locked = await rejection(openImage(await pdf.save()));
    expect([locked.code, locked.message.includes('password')]).to.deep.equal(['IMAGE_UNSUPPORTED', true]);
    const text = await rejection(openImage(makePdf([], [{ shows: [], more: 'BT (text) Tj ET' }])));
    expect(text.message).to.include('no picture');
    expect(text.suggestion).to.include('pdftoppm');
    for (const length of [40, 200, 5_000]) {
      const { code } = await rejection(
        openImage(document.subarray(0, length)).then(({ pictures }) => pictures[0].decode()),
      );
      expect(code, String(length)).to.be.oneOf(['IMAGE_DAMAGED', 'IMAGE_UNSUPPORTED']);
    }
    const bomb = samples('/DeviceGray', 8, new Uint8Array(2 ** 24));
    expect((await rejection(first(bomb))).code).to.equal('IMAGE_TOO_LARGE');
    const short = samples('/DeviceRGB', 8, noise.subarray(0, 100));
    expect((await rejection(first(short))).code).to.equal('IMAGE_DAMAGED');
    const huge = jpegImage(photo, 50_000, 50_000);
    expect((await rejection(first(huge))).code).to.equal('IMAGE_TOO_LARGE');
  });
});
