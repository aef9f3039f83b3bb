import { closeSync, openSync, readSync, fstatSync } from 'node:fs';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';

/**
 * Which files an ONNX file refers to: tensors may keep their values in others ("external data"), at any depth of the
 * graph. Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Only the fields
 * that lead to such a reference are read; the values of tensors, most of a file, are stepped over.
 */

/** For each kind of message, the fields that may hold a reference, and what kind of message each is. */
const FIELDS = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: { 13: 'entry' },
} as const satisfies Record<string, Record<number, string>>;

type Message = keyof typeof FIELDS;

/** Deeper than any exporter nests graphs; a file that goes deeper was made to overflow a stack. */
const MAX_DEPTH = 64;

/**
 * The files that an ONNX file refers to, as it names them, sorted, each once. A reader opens them relative to the file's
 * own folder.
 *
 * @throws {OfxError} ONNX_INVALID where the file is none, or refers to a place outside its folder; MODEL_NOT_FOUND,
 *   INPUT_UNREADABLE
 */
export function externalData(file: string): string[] {
  return [...references(file).keys()].sort();
}

/**
 * The same with how many bytes of each file are needed at least.
 *
 * @throws {OfxError} as `externalData`
 */
export function references(file: string): Map<string, number> {
  const locations: References = new Map();
  try {
    const reader = new Reader(file);
    try {
      walk(reader, 'model', reader.size, locations, 0);
    } finally {
      reader.close();
    }
  } catch (error) {
    if (error instanceof Malformed) {
      throw new OfxError('ONNX_INVALID', `${file} is not a valid ONNX file: ${error.message}.`, {
        suggestion: 'It may be damaged or cut short: copy it again, or make it with "ofx convert".',
      });
    }
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new OfxError(
      code === 'ENOENT' ? 'MODEL_NOT_FOUND' : 'INPUT_UNREADABLE',
      `Cannot read ${file} (${code}).`,
      { cause: error },
    );
  }
  const outside = [...locations.keys()].find((location) => !liesBelow(location));
  if (outside !== undefined) {
    throw new OfxError(
      'ONNX_INVALID',
      `${file} refers to a file outside its folder, ${JSON.stringify(outside)}, which is refused.`,
      {
        suggestion:
          'Save it with its weights beside it (onnx.save with save_as_external_data and a plain location).',
      },
    );
  }
  return locations;
}

/** Whether a relative path leads to something below the folder that it starts from, by the rules of every platform. */
function liesBelow(location: string): boolean {
  if (path.posix.isAbsolute(location) || path.win32.isAbsolute(location) || /^[a-z]:/i.test(location))
    return false;
  const [first] = path.posix.normalize(location.replaceAll('\\', '/')).split('/');
  return first !== '..' && first !== '.';
}

class Malformed extends Error {}

type References = Map<string, number>;

function walk(reader: Reader, message: Message, end: number, locations: References, depth: number): void {
  if (depth > MAX_DEPTH) throw new Malformed('its graphs are nested too deeply');
  const fields: Partial<Record<number, string>> = FIELDS[message];
  const entries = new Map<string, string>();
  while (reader.position < end) {
    const { field, length } = reader.field(end);
    if (length === undefined) continue;
    const next = reader.position + length;
    const kind = fields[field];
    if (kind === 'entry') {
      const { key, value } = entry(reader, next);
      entries.set(key, value);
    } else if (kind !== undefined) walk(reader, kind as Message, next, locations, depth + 1);
    reader.position = next;
  }
  const location = entries.get('location');
  if (location === undefined) return;
  const needed = Number(entries.get('offset') ?? 0) + Number(entries.get('length') ?? 0);
  locations.set(location, Math.max(locations.get(location) ?? 0, needed));
}

/** One of the key-value pairs that say where a tensor's values are. */
function entry(reader: Reader, end: number): { key: string; value: string } {
  let key = '';
  let value = '';
  while (reader.position < end) {
    const { field, length } = reader.field(end);
    if (length === undefined) continue;
    if (length > 65_536) throw new Malformed('a file name in it is too long');
    const text = reader.text(length);
    if (field === 1) key = text;
    if (field === 2) value = text;
  }
  return { key, value };
}

/** Protocol buffers from a file, through a small window, so that a file of gigabytes takes no memory. */
class Reader {
  readonly size: number;
  position = 0;
  readonly #file: number;
  readonly #window = Buffer.alloc(1 << 16);
  #start = 0;
  #length = 0;

  constructor(file: string) {
    this.#file = openSync(file, 'r');
    this.size = fstatSync(this.#file).size;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** The number of the next field, and the length of what it holds, which is stepped over where it has none. */
  field(end: number): { field: number; length?: number } {
    const tag = this.#varint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        this.#varint();
        return this.#within(end, { field });
      case 1:
        this.position += 8;
        return this.#within(end, { field });
      case 5:
        this.position += 4;
        return this.#within(end, { field });
      case 2: {
        const length = this.#varint();
        if (this.position + length > end) throw new Malformed('it ends early');
        return { field, length };
      }
      default:
        throw new Malformed('it is not a valid protocol buffer');
    }
  }

  text(length: number): string {
    const bytes = Buffer.alloc(length);
    for (let index = 0; index < length; index++) bytes[index] = this.#byte();
    return bytes.toString('utf8');
  }

  #within<T>(end: number, field: T): T {
    if (this.position > end) throw new Malformed('it ends early');
    return field;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.#byte();
      // Negative numbers have ten bytes; they are never lengths, and lose only their sign here.
      value += (byte & 127) * shift;
      if (byte < 128) return value;
      if (shift > 2 ** 63) throw new Malformed('it is not a valid protocol buffer');
    }
  }

  #byte(): number {
    let offset = this.position - this.#start;
    if (offset < 0 || offset >= this.#length) {
      this.#start = this.position;
      this.#length = readSync(this.#file, this.#window, 0, this.#window.length, this.position);
      if (this.#length === 0) throw new Malformed('it ends early');
      offset = 0;
    }
    this.position++;
    return this.#window[offset]!;
  }
}
