import { expect } from 'chai';
import { decodeText, withoutMark } from '../../../src/lib/text/decode.js';

describe('decodeText', () => {
  const bytes = (...parts: (number[] | Buffer)[]): Buffer =>
    Buffer.concat(parts.map((part) => Buffer.from(part)));

  it('leaves a byte-order mark out, once', () => {
    expect(decodeText(bytes([0xef, 0xbb, 0xbf], Buffer.from('é.jpg')))).to.equal('é.jpg');
    expect(decodeText(bytes([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], Buffer.from('a')))).to.equal('\uFEFFa');
    expect(withoutMark('\uFEFFa')).to.equal('a');
    expect(withoutMark('a\uFEFF')).to.equal('a\uFEFF');
  });

  it('reads UTF-16 of both orders, as Windows writes it', () => {
    const little = Buffer.from('é.jpg\r\n', 'utf16le');
    expect(decodeText(bytes([0xff, 0xfe], little))).to.equal('é.jpg\r\n');
    expect(decodeText(bytes([0xfe, 0xff], Buffer.from(little).swap16()))).to.equal('é.jpg\r\n');
  });

  it('reads an empty text, and one that is only a mark', () => {
    expect([
      decodeText(bytes()),
      decodeText(bytes([0xef, 0xbb, 0xbf])),
      decodeText(bytes([0xff, 0xfe])),
    ]).to.deep.equal(['', '', '']);
  });
});
