import { expect } from 'chai';
import {
  FORMATS,
  hasImageName,
  READABLE,
  recogniseFormat,
} from '../../../../src/lib/image/decode/formats.js';

function bytes(latin1: string): Buffer {
  return Buffer.from(latin1, 'latin1');
}

function named(latin1: string): string | undefined {
  return recogniseFormat(bytes(latin1))?.name;
}

describe('recogniseFormat', () => {
  it('tells HEIC, raw photos and video from AVIF by the brands of their common container', () => {
    const box = (brands: string) => `\0\0\0${String.fromCharCode(8 + brands.length)}ftyp${brands}`;
    expect(named(box('avif\0\0\0\0mif1'))).to.equal('AVIF');
    expect(named(box('mif1\0\0\0\0avifmiaf'))).to.equal('AVIF');
    expect(named(box('avis\0\0\0\0msf1'))).to.equal('AVIF');
    expect(named(box('heic\0\0\0\0mif1heic'))).to.equal('HEIC');
    expect(named(box('crx \0\0\0\x01crx isom'))).to.equal('camera raw');
    expect(named(box('isom\0\0\x02\0isommp41'))).to.equal('a video');
  });

  it('does not take every text that begins with BM for a bitmap', () => {
    expect(named('BMW is a maker of cars.')).to.equal(undefined);
    expect(named('BM')).to.equal(undefined);
  });

  for (const [maker, signature] of Object.entries({
    Canon: 'II*\0\x10\0\0\0CR\x02\0',
    'Canon, older': 'II\x1a\0\0\0HEAPCCDR',
    Olympus: 'IIRO\x08\0\0\0',
    Panasonic: 'IIU\0\x18\0\0\0',
    Fuji: 'FUJIFILMCCD-RAW 0201',
    Sigma: 'FOVb\0\0\x02\0',
    Minolta: '\0MRM\0\0\0\0',
  })) {
    it(`knows a raw photo of ${maker}`, () => {
      expect(named(signature)).to.equal('camera raw');
    });
  }

  it('tells documents in markup from one another', () => {
    expect(named('\xef\xbb\xbf <svg viewBox="0 0 1 1"/>')).to.equal('SVG');
    expect(named('<?xml version="1.0"?><rss/>')).to.equal('an XML document');
    expect(named('<!DOCTYPE html><p>404')).to.equal('a web page');
  });

  it('counts pages and drawings as pictures, archives, videos and texts not', () => {
    const isImage = (latin1: string) => recogniseFormat(bytes(latin1))?.isImage;
    for (const start of [
      '%PDF-1.7',
      'AT&TFORM\0\0',
      '%!PS-Adobe-3.0',
      '8BPS\0\x01',
      '\0\0\x01\0\x01',
      'P6\n4 4\n255\n',
      'P7\nWIDTH 4',
    ])
      expect(isImage(start), start).to.equal(true);
    for (const start of [
      '\0\0\0\x0cJXL \r\n\x87\n',
      '\xff\x0a\xfa',
      '\0\0\0\x0cjP  \r\n',
      '\xff\x4f\xff\x51',
    ])
      expect(isImage(start), start).to.equal(true);
    for (const start of ['PK\x03\x04', '\x1f\x8b\x08', '<html>', '\x1aE\xdf\xa3'])
      expect(isImage(start), start).to.equal(false);
    expect(isImage('A text about %PDF-1.7 and P6')).to.equal(undefined);
  });

  it('has no idea of what is too short', () => {
    expect(recogniseFormat(new Uint8Array())).to.equal(undefined);
    expect(named('\xff\xd8')).to.equal(undefined);
  });
});

describe('FORMATS', () => {
  it('gives every picture a name that no other one has, and extensions of its own', () => {
    const extensions = FORMATS.flatMap((format) => format.extensions);
    expect(new Set(extensions).size).to.equal(extensions.length);
    expect(new Set(FORMATS.map(({ name }) => name)).size).to.equal(FORMATS.length);
    for (const extension of extensions) expect(hasImageName(`a${extension.toUpperCase()}`)).to.equal(true);
    expect(['notes.txt', 'jpg', '.jpg', 'a.jpg.txt'].map(hasImageName)).to.deep.equal([
      false,
      false,
      false,
      false,
    ]);
  });

  it('says of each one either how it is read or what to do instead', () => {
    const silent = FORMATS.filter(({ isImage, decoder, advice }) => isImage && !decoder === !advice);
    expect(silent.map(({ name }) => name)).to.deep.equal([]);
    expect(READABLE).to.equal('JPEG, PNG, WebP, TIFF, AVIF, GIF, BMP and PDF');
  });
});
