import { expect } from 'chai';
import sharp from 'sharp';
import { readJpegTables } from '../../../../src/lib/predict/exhibit/jpeg-tables.js';

const grey = (channels: 1 | 3) =>
  sharp(Buffer.alloc(64 * 64 * channels, 90), { raw: { width: 64, height: 64, channels } });

describe('quantisation tables of a JPEG file', () => {
  for (const quality of [1, 24, 50, 75, 90, 100]) {
    it(`are those of libjpeg's quality ${quality}`, async () => {
      const file = await grey(3).jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer();
      expect(readJpegTables(file)).to.include({ quality, standardTables: true, subsampling: '4:2:0' });
    });
  }

  it('are others where a program has its own, and of grey pictures there is one', async () => {
    const own = await grey(3).jpeg({ quality: 80, quantisationTable: 3, progressive: true }).toBuffer();
    expect(readJpegTables(own)).to.include({ standardTables: false, progressive: true });
    expect(readJpegTables(await grey(1).toColourspace('b-w').jpeg({ quality: 80 }).toBuffer())).to.deep.equal(
      {
        quality: 80,
        standardTables: true,
        progressive: false,
      },
    );
  });

  it('are nothing where a file is cut off anywhere before its picture, or is none', async () => {
    const file = await grey(3).jpeg().toBuffer();
    for (let end = 0; end < 300; end++) expect(() => readJpegTables(file.subarray(0, end))).to.not.throw();
    expect(readJpegTables(Buffer.from('no picture'))).to.equal(undefined);
  });
});
