import { expect } from 'chai';
import { recogniseFormat } from '../../../../src/lib/image/decode/format.js';

function bytes(latin1: string): Buffer {
  return Buffer.from(latin1, 'latin1');
}

describe('recogniseFormat', () => {
  it('tells HEIC and video from AVIF by the brands of their common container', () => {
    const box = (brands: string) => bytes(`\0\0\0${String.fromCharCode(8 + brands.length)}ftyp${brands}`);
    expect(recogniseFormat(box('avif\0\0\0\0mif1'))).to.deep.equal({ format: 'avif' });
    expect(recogniseFormat(box('mif1\0\0\0\0avifmiaf'))).to.deep.equal({ format: 'avif' });
    expect(recogniseFormat(box('heic\0\0\0\0mif1heic'))).to.deep.equal({ refused: 'a HEIC picture' });
    expect(recogniseFormat(box('isom\0\0\x02\0isommp41'))).to.deep.equal({ refused: 'a video' });
  });

  it('does not take every text that begins with BM for a bitmap', () => {
    expect(recogniseFormat(bytes('BMW is a maker of cars.'))).to.equal(undefined);
    expect(recogniseFormat(bytes('BM'))).to.equal(undefined);
  });

  it('tells a raw photo from TIFF', () => {
    expect(recogniseFormat(bytes('II*\0\x10\0\0\0CR\x02\0'))).to.deep.equal({ refused: 'a Canon raw file' });
  });

  it('tells documents in markup from one another', () => {
    expect(recogniseFormat(bytes('\xef\xbb\xbf <svg viewBox="0 0 1 1"/>'))).to.deep.equal({
      refused: 'an SVG drawing',
    });
    expect(recogniseFormat(bytes('<?xml version="1.0"?><rss/>'))).to.deep.equal({
      refused: 'an XML document',
    });
    expect(recogniseFormat(bytes('<!DOCTYPE html><p>404'))).to.deep.equal({ refused: 'a web page' });
  });

  it('has no idea of what is too short', () => {
    expect(recogniseFormat(new Uint8Array())).to.equal(undefined);
    expect(recogniseFormat(bytes('\xff\xd8'))).to.equal(undefined);
  });
});
