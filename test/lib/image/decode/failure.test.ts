import { expect } from 'chai';
import { decodeFailure } from '../../../../src/lib/image/decode/failure.js';

describe('decodeFailure', () => {
  for (const [message, code] of [
    ['VipsJpeg: premature end of JPEG image', 'IMAGE_DAMAGED'],
    ['Input buffer contains unsupported image format', 'IMAGE_DAMAGED'],
    ['tiff2vips: LERC compression support is not configured', 'IMAGE_UNSUPPORTED'],
    ['VipsJpeg: Unsupported JPEG data precision 12', 'IMAGE_UNSUPPORTED'],
    ['heif: Unsupported feature: Unsupported codec (4.3000)', 'IMAGE_UNSUPPORTED'],
    ['heif: Memory allocation error: Security limit exceeded: Number of extents (1304)', 'IMAGE_DAMAGED'],
    ['out of memory -- size == 381MB', 'OUT_OF_MEMORY'],
    [
      'WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory for new instance',
      'OUT_OF_MEMORY',
    ],
    ['Array buffer allocation failed', 'OUT_OF_MEMORY'],
    ['vips_tracked_open: Too many open files', 'TOO_MANY_OPEN_FILES'],
  ] as const) {
    it(`takes "${message}" for ${code}`, () => {
      const error = decodeFailure('a.tif', 'tiff', new Error(message));
      expect([error.code, error.suggestion !== undefined]).to.deep.equal([code, code !== 'IMAGE_DAMAGED']);
      expect(error.httpStatus >= 500, 'no fault of the client').to.equal(/MEMORY|OPEN_FILES/.test(code));
    });
  }
});
