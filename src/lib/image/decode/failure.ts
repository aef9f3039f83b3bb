import { OfxError, systemCode, type ErrorCode } from '../../core/errors.js';

/**
 * Says what a decoder's error means: that the image is damaged, that it is sound and cannot be read here, or that this
 * machine had too little of something, which is not the image's fault.
 */
export function decodeFailure(name: string, format: string, error: unknown): OfxError {
  if (error instanceof OfxError) return error;
  const [reason = ''] = error instanceof Error ? error.message.split('\n') : [String(error)];
  // libvips keeps its reasons in one place for all threads, where another decode may have taken it.
  const because = /^unknown error/i.test(reason) || reason === '' ? '' : `: ${reason}`;
  const code = meaning(reason, systemCode(error));
  if (code === 'OUT_OF_MEMORY') {
    return new OfxError(code, `There is not enough memory to decode ${name}${because}.`, {
      cause: error,
      suggestion: 'Give the process more memory, lower --concurrency, or limit the size with --max-pixels.',
    });
  }
  if (code === 'TOO_MANY_OPEN_FILES') {
    return new OfxError(code, `${name} cannot be decoded: too many files are open.`, {
      cause: error,
      suggestion: 'Allow more open files (ulimit -n), or lower --concurrency.',
    });
  }
  if (code === 'IMAGE_UNSUPPORTED') {
    return new OfxError(code, `${name} is a kind of ${format} that ofx does not read${because}.`, {
      cause: error,
      suggestion: 'Convert it to PNG without changing its size.',
    });
  }
  return new OfxError(code, `${name} is damaged, or not a valid ${format} file${because}.`, { cause: error });
}

function meaning(reason: string, system: string | undefined): ErrorCode {
  if (system === 'EMFILE' || system === 'ENFILE' || /too many open files/i.test(reason))
    return 'TOO_MANY_OPEN_FILES';
  // What a file asks for beyond a decoder's own limits is a lie of the file, whatever there is of memory.
  if (/security limit/i.test(reason)) return 'IMAGE_DAMAGED';
  if (
    system === 'ENOMEM' ||
    /out of memory|not enough memory|memory allocation|(could not|cannot|unable to|failed to) allocate|allocation failed/i.test(
      reason,
    )
  ) {
    return 'OUT_OF_MEMORY';
  }
  // "Contains unsupported image format" is what sharp says of a broken header, too.
  if (
    /unsupported|not supported|not implemented|not configured|not compiled|no (decoder|decoding plugin)/i.test(
      reason,
    ) &&
    !/unsupported image format/i.test(reason)
  ) {
    return 'IMAGE_UNSUPPORTED';
  }
  return 'IMAGE_DAMAGED';
}
