import { readFile } from 'node:fs/promises';
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
