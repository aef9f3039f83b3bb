import { crc32 } from 'node:zlib';
import { OFX_VERSION } from '../core/version.js';

const SIGNATURE = '\x89PNG\r\n\x1a\n';
/** The signature and the header chunk, which every PNG begins with. */
const HEAD_BYTES = 33;
/** A keyword that the PNG specification registers; what follows it is free text. */
const KEYWORD = 'Software\0';

/** What `ofx` draws: none of it is a photo that somebody wants examined. */
export type OwnOutput = 'mask' | 'probability map' | 'overlay' | 'panel';

/** A PNG with a note that `ofx` made it, so that it is not scored as a photo later. The pixels stay as they are. */
export function markPng(png: Uint8Array, what: OwnOutput): Buffer {
  const text = Buffer.from(`tEXt${KEYWORD}ofx ${OFX_VERSION}: ${what}`, 'latin1');
  const chunk = Buffer.alloc(text.length + 8);
  chunk.writeUInt32BE(text.length - 4);
  text.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(text), text.length + 4);
  return Buffer.concat([png.subarray(0, HEAD_BYTES), chunk, png.subarray(HEAD_BYTES)]);
}

/** @param head the first bytes of a file */
export function isOwnOutput(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString(
    'latin1',
    0,
    HEAD_BYTES + 40,
  );
  return text.startsWith(SIGNATURE) && text.startsWith(`tEXt${KEYWORD}ofx `, HEAD_BYTES + 4);
}
