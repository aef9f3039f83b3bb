import { readFile } from 'node:fs/promises';
import { OfxError, systemCode } from '../core/errors.js';
import { decodeText } from '../text/decode.js';

/**
 * Reads a text that a person or another program may have written: UTF-8 or UTF-16, its byte-order mark left out.
 * Everything that `ofx` reads as text goes through here.
 *
 * @throws the system's error, for callers to say what to do about it
 */
export async function readText(file: string): Promise<string> {
  return decodeText(await readFile(file));
}

/**
 * Reads a text that somebody named.
 *
 * @param what - with its article, as a message calls it: "the token file"
 * @param suggestion - what to do where it cannot be read
 * @throws {OfxError} INPUT_MISSING, INPUT_UNREADABLE
 */
export async function readNamedText(file: string, what: string, suggestion: string): Promise<string> {
  try {
    return await readText(file);
  } catch (error) {
    const code = systemCode(error) ?? 'unknown error';
    throw new OfxError(
      code === 'ENOENT' ? 'INPUT_MISSING' : 'INPUT_UNREADABLE',
      `Cannot read ${what} ${file} (${code}).`,
      { suggestion, cause: error },
    );
  }
}
