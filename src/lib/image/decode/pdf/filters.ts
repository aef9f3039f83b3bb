import { constants, inflateSync } from 'node:zlib';
import type { PdfDict, PdfStream } from '@libpdf/core';
import { asDict, asList, filtersOf, type Resolve } from './objects.js';

/** What undoes a compression that is not only an image's, so that its output must be limited. */
type Undo = (data: Uint8Array, parameters: PdfDict | undefined, most: number) => Uint8Array;

/** More bytes came out of a stream than there may be. */
export class StreamTooLong extends Error {
  constructor() {
    super('a stream in it unpacks to more than it may');
  }
}

/** Filters by name and by their short name, which streams within a page's content use (ISO 32000-1, 7.4). */
const UNDO: Readonly<Record<string, Undo>> = {
  FlateDecode: inflate,
  Fl: inflate,
  ASCIIHexDecode: fromHex,
  AHx: fromHex,
  ASCII85Decode: fromAscii85,
  A85: fromAscii85,
  RunLengthDecode: fromRunLengths,
  RL: fromRunLengths,
};

/** What is left of a stream when everything but an image's own compression is undone. */
export interface Undone {
  data: Uint8Array;
  /** The name of the filter that is left, e.g. "DCTDecode". */
  left?: string;
}

/**
 * Undoes a stream's filters, in their order, up to the first that is left to others.
 *
 * @param most bytes that may come out of a filter
 * @throws {StreamTooLong}; Error where the data are damaged
 */
export function undoFilters(stream: PdfStream, resolve: Resolve, most: number): Undone {
  const parameters = asList(stream.get('DecodeParms', resolve), resolve);
  let { data } = stream;
  for (const [index, filter] of filtersOf(stream, resolve).entries()) {
    const undo = UNDO[filter];
    if (undo === undefined) return { data, left: filter };
    data = undo(data, asDict(parameters[index]), most);
  }
  return { data };
}

/** The first filter of a stream that is left to others. */
export function leftFilter(stream: PdfStream, resolve: Resolve): string | undefined {
  return filtersOf(stream, resolve).find((filter) => UNDO[filter] === undefined);
}

function inflate(data: Uint8Array, parameters: PdfDict | undefined, most: number): Uint8Array {
  let raw: Uint8Array;
  try {
    // Streams without their checksum are common, and as good.
    raw = inflateSync(data, { maxOutputLength: most, finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new StreamTooLong();
    throw error;
  }
  const number = (key: string, otherwise: number): number => parameters?.getNumber(key)?.value ?? otherwise;
  const predictor = number('Predictor', 1);
  if (predictor === 1) return raw;
  const [colours, bits, columns] = [number('Colors', 1), number('BitsPerComponent', 8), number('Columns', 1)];
  const step = Math.max(1, (colours * bits) >> 3);
  const pitch = Math.ceil((colours * bits * columns) / 8);
  if (predictor >= 10) return undoPngRows(raw, pitch, step);
  if (predictor === 2 && bits === 8) return undoDifferences(raw, pitch, step);
  throw new Error(`its rows are predicted in a way that is not read (${predictor}, ${bits} bits)`);
}

/** PNG's filters: each row begins with the number of its own. */
function undoPngRows(raw: Uint8Array, pitch: number, step: number): Uint8Array {
  const rows = Math.ceil(raw.length / (pitch + 1));
  const out = new Uint8Array(rows * pitch);
  for (let row = 0; row < rows; row++) {
    const from = row * (pitch + 1);
    const to = row * pitch;
    const kind = raw[from]!;
    for (let i = 0; i < pitch; i++) {
      const left = i >= step ? out[to + i - step]! : 0;
      const above = row > 0 ? out[to + i - pitch]! : 0;
      const corner = row > 0 && i >= step ? out[to + i - pitch - step]! : 0;
      out[to + i] = (raw[from + 1 + i] ?? 0) + predicted(kind, left, above, corner);
    }
  }
  return out;
}

function predicted(kind: number, left: number, above: number, corner: number): number {
  if (kind === 1) return left;
  if (kind === 2) return above;
  if (kind === 3) return (left + above) >> 1;
  if (kind !== 4) return 0;
  const guess = left + above - corner;
  const [byLeft, byAbove, byCorner] = [left, above, corner].map((value) => Math.abs(guess - value)) as [
    number,
    number,
    number,
  ];
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}

/** TIFF's predictor: each sample is the difference from the one before it. */
function undoDifferences(raw: Uint8Array, pitch: number, step: number): Uint8Array {
  const out = raw.slice();
  for (let row = 0; row < out.length; row += pitch) {
    for (let i = row + step; i < Math.min(row + pitch, out.length); i++) out[i]! += out[i - step]!;
  }
  return out;
}

const SPACE = /[\s\0]/g;

function fromHex(data: Uint8Array): Uint8Array {
  const text = Buffer.from(data).toString('latin1').replace(SPACE, '');
  const [digits = ''] = text.split('>', 1);
  return Buffer.from(digits.length % 2 === 0 ? digits : `${digits}0`, 'hex');
}

function fromAscii85(data: Uint8Array): Uint8Array {
  const text = Buffer.from(data).toString('latin1').replace(SPACE, '').replace(/^<~/, '');
  const end = text.indexOf('~');
  const out: number[] = [];
  let group: number[] = [];
  for (const character of end < 0 ? text : text.slice(0, end)) {
    if (character === 'z' && group.length === 0) {
      out.push(0, 0, 0, 0);
      continue;
    }
    const digit = character.charCodeAt(0) - 33;
    if (digit < 0 || digit > 84) throw new Error('its ASCII85 data are damaged');
    group.push(digit);
    if (group.length === 5) {
      out.push(...bytesOf(group));
      group = [];
    }
  }
  if (group.length > 1) {
    const whole = [...group, ...Array.from({ length: 5 - group.length }, () => 84)];
    out.push(...bytesOf(whole).slice(0, group.length - 1));
  }
  return Uint8Array.from(out);
}

function bytesOf(digits: readonly number[]): number[] {
  const value = digits.reduce((sum, digit) => sum * 85 + digit, 0);
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256);
}

function fromRunLengths(data: Uint8Array, _: PdfDict | undefined, most: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let at = 0; at < data.length && data[at] !== 128;) {
    const code = data[at]!;
    const piece =
      code < 128 ? data.subarray(at + 1, at + 2 + code) : new Uint8Array(257 - code).fill(data[at + 1] ?? 0);
    at += code < 128 ? code + 2 : 2;
    length += piece.length;
    if (length > most) throw new StreamTooLong();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
