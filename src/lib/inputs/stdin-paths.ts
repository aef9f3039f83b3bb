import { isUtf8 } from 'node:buffer';
import { OfxError } from '../core/errors.js';
import { encodingOf } from '../text/decode.js';
import { shownBytes } from './input-file.js';

/** A line of a list. */
export interface ListedPath {
  path: string;
  /** Set where the line is not UTF-8: no path can be made of it, and this shows it. */
  isText: boolean;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The paths of a list, one a line, as it comes: either line ending, UTF-8, or UTF-16 where a byte-order mark says so; the
 * mark is no part of the first path.
 *
 * @throws {OfxError} USAGE where the list is binary data
 */
export async function* listedPaths(list: AsyncIterable<Buffer | string>): AsyncGenerator<ListedPath> {
  for await (const line of lines(utf8(list))) {
    if (line.includes(0)) {
      throw new OfxError('USAGE', 'Standard input is not a list of paths but binary data.', {
        suggestion: 'Name the image itself, or write one path a line.',
      });
    }
    const isText = isUtf8(line);
    if (line.length > 0) yield { path: isText ? line.toString('utf8') : shownBytes(line), isText };
  }
}

/** Byte-order marks are left out, and UTF-16 becomes UTF-8. */
async function* utf8(list: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of list) {
    let bytes = Buffer.from(chunk as string);
    if (head) {
      bytes = Buffer.concat([head, bytes]);
      head = bytes;
      // Three bytes tell which mark it is; a single byte that begins none need not wait for more.
      if (bytes.length < 3 && bytes.length > 0 && [0xef, 0xff, 0xfe].includes(bytes[0]!)) continue;
      head = undefined;
      const encoding = encodingOf(bytes);
      if (encoding !== 'utf-8') decoder = new TextDecoder(encoding);
      else if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
    }
    yield decoder ? Buffer.from(decoder.decode(bytes, { stream: true })) : bytes;
  }
  if (head) yield head;
}

async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (chunk[at] !== LINE_FEED && chunk[at] !== CARRIAGE_RETURN) continue;
      yield Buffer.concat([...rest, chunk.subarray(start, at)]);
      rest = [];
      start = at + 1;
    }
    // What is no list at all should not be gathered up to its end.
    if (chunk.indexOf(0, start) >= 0) {
      yield chunk.subarray(start);
      return;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}
