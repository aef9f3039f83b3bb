import { isUtf8 } from 'node:buffer';
import { OfxError } from '../core/errors.js';
import { recogniseFormat } from '../image/decode/formats.js';
import { encodingOf } from '../text/decode.js';
import { shownBytes } from './input-file.js';

/** A line of a list. */
export interface ListedPath {
  path: string;
  /** Set where the line is not UTF-8: no path can be made of it, and this shows it. */
  isText: boolean;
}

/** Line feed and carriage return. */
const LINE_ENDS: readonly number[] = [0x0a, 0x0d];
/** What no path of a list holds; it may hold a line feed and a tab. */
const CONTROLS = /[\x01-\x08\x0b-\x1f\x7f]/;

/**
 * The paths of a list, one a line or with a zero byte behind each (`find -print0`), as it comes: either line ending, UTF-8, or UTF-16 where a byte-order mark says so; the
 * mark is no part of the first path.
 *
 * @throws {OfxError} USAGE where the list is binary data
 */
export async function* listedPaths(list: AsyncIterable<Buffer | string>): AsyncGenerator<ListedPath> {
  for await (const line of separated(utf8(list))) {
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

async function* separated(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let ends: readonly number[] | undefined;
  for await (const chunk of chunks) {
    ends ??= separators(Buffer.concat([...rest, chunk]));
    if (ends === undefined) {
      rest.push(chunk);
      continue;
    }
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (!ends.includes(chunk[at]!)) continue;
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

/**
 * A path and a zero byte at the head of a list mean that all paths end so, and may hold line feeds; an image begins otherwise.
 * Unknown as long as no path has ended.
 */
function separators(head: Buffer): readonly number[] | undefined {
  const zero = head.indexOf(0);
  if (zero < 0) return LINE_ENDS.some((end) => head.includes(end)) ? LINE_ENDS : undefined;
  const isPath =
    zero > 0 && !CONTROLS.test(head.toString('latin1', 0, zero)) && recogniseFormat(head) === undefined;
  return isPath ? [0] : LINE_ENDS;
}
