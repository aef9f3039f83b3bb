import { fromHalf, toHalf } from './half.js';
import type { ProbabilityMap } from './probability-map.js';

/**
 * A map as a NumPy file, version 1.0: little-endian float32 of shape (height, width), as `numpy.load` reads it.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function encodeNpy({ width, height, data }: ProbabilityMap): Buffer {
  // Every processor that ONNX Runtime runs on is little-endian.
  return npyFile('<f4', width, height, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** The same in half the bytes: float16. */
export function encodeHalfNpy({ width, height, data }: ProbabilityMap): Buffer {
  const halves = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) halves[i] = toHalf(data[i]!);
  return npyFile('<f2', width, height, new Uint8Array(halves.buffer));
}

function npyFile(type: string, width: number, height: number, data: Uint8Array): Buffer {
  const description = `{'descr': '${type}', 'fortran_order': False, 'shape': (${height}, ${width}), }`;
  // Magic, version and the header's length take 10 bytes, and the data start at a multiple of 64.
  const headerLength = Math.ceil((10 + description.length + 1) / 64) * 64 - 10;
  const file = Buffer.alloc(10 + headerLength + data.length, ' ', 'latin1');
  file.write('\x93NUMPY\x01\x00', 0, 'latin1');
  file.writeUInt16LE(headerLength, 8);
  file.write(description, 10, 'latin1');
  file.write('\n', 10 + headerLength - 1, 'latin1');
  file.set(data, 10 + headerLength);
  return file;
}

/** An array of a NumPy file. */
export interface NumpyArray {
  shape: number[];
  kind: 'float' | 'integer' | 'boolean';
  /** In C order. */
  values: Float64Array | Float32Array;
}

interface NumberType {
  bytes: number;
  kind: NumpyArray['kind'];
  read: (view: DataView, at: number, little: boolean) => number;
}

/** By what follows the byte order in `descr`. */
const NUMBER_TYPES: Readonly<Record<string, NumberType>> = {
  f2: { bytes: 2, kind: 'float', read: (view, at, little) => fromHalf(view.getUint16(at, little)) },
  f4: { bytes: 4, kind: 'float', read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, kind: 'float', read: (view, at, little) => view.getFloat64(at, little) },
  b1: { bytes: 1, kind: 'boolean', read: (view, at) => view.getUint8(at) },
  u1: { bytes: 1, kind: 'integer', read: (view, at) => view.getUint8(at) },
  i1: { bytes: 1, kind: 'integer', read: (view, at) => view.getInt8(at) },
  u2: { bytes: 2, kind: 'integer', read: (view, at, little) => view.getUint16(at, little) },
  i2: { bytes: 2, kind: 'integer', read: (view, at, little) => view.getInt16(at, little) },
  u4: { bytes: 4, kind: 'integer', read: (view, at, little) => view.getUint32(at, little) },
  i4: { bytes: 4, kind: 'integer', read: (view, at, little) => view.getInt32(at, little) },
  u8: { bytes: 8, kind: 'integer', read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  i8: { bytes: 8, kind: 'integer', read: (view, at, little) => Number(view.getBigInt64(at, little)) },
};

/** More values than any image has pixels: a header that claims them is damaged. */
const MOST_VALUES = 2 ** 28;

/**
 * Reads a NumPy file of numbers.
 *
 * @throws {RangeError} where it is none, is cut short, or holds anything but numbers
 */
export function decodeNpy(file: Uint8Array): NumpyArray {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < 10 || bytes.toString('latin1', 0, 6) !== '\x93NUMPY')
    throw new RangeError('it is not a NumPy file');
  const isLong = bytes[6]! >= 2;
  const start = isLong ? 12 : 10;
  const length = isLong ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', start, start + length);
  const [, order, name] = /'descr':\s*'([<>|=])(\w+)'/.exec(header) ?? [];
  const type = NUMBER_TYPES[name ?? ''];
  if (!type) throw new RangeError('it holds no plain numbers');
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .filter((side) => side.trim() !== '')
    .map(Number);
  const count = shape.reduce((product, side) => product * side, 1);
  if (!Number.isSafeInteger(count) || count > MOST_VALUES) throw new RangeError('its shape is too large');
  const from = start + length;
  if (bytes.length < from + count * type.bytes) throw new RangeError('it is cut short');
  const view = new DataView(file.buffer, file.byteOffset + from, count * type.bytes);
  const little = order !== '>';
  const values = type.bytes > 4 ? new Float64Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = type.read(view, i * type.bytes, little);
  const isFortran = /'fortran_order':\s*True/.test(header);
  return { shape, kind: type.kind, values: isFortran ? inCOrder(values, shape) : values };
}

/** Values that are stored with the first index running fastest. */
function inCOrder<T extends Float64Array | Float32Array>(values: T, shape: readonly number[]): T {
  const sorted = values.slice() as T;
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, side) => product * side, 1));
  const index = shape.map(() => 0);
  for (let i = 0; i < values.length; i++) {
    sorted[i] = values[index.reduce((sum, place, axis) => sum + place * strides[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return sorted;
}
