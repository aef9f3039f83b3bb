import type { ProbabilityMap } from './probability-map.js';

/**
 * A map as a NumPy file, version 1.0: little-endian float32 of shape (height, width), as `numpy.load` reads it.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function encodeNpy({ width, height, data }: ProbabilityMap): Buffer {
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${height}, ${width}), }`;
  // Magic, version and the header's length take 10 bytes, and the data start at a multiple of 64.
  const headerLength = Math.ceil((10 + description.length + 1) / 64) * 64 - 10;
  const file = Buffer.alloc(10 + headerLength + 4 * data.length, ' ', 'latin1');
  file.write('\x93NUMPY\x01\x00', 0, 'latin1');
  file.writeUInt16LE(headerLength, 8);
  file.write(description, 10, 'latin1');
  file.write('\n', 10 + headerLength - 1, 'latin1');
  // Every processor that ONNX Runtime runs on is little-endian.
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + headerLength);
  return file;
}
