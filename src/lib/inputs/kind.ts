import { open, stat } from 'node:fs/promises';
import { systemCode } from '../core/errors.js';
import { hasImageName, recogniseFormat, SNIFF_BYTES } from '../image/decode/formats.js';
import { isOwnOutput } from '../image/mark.js';
import { patiently } from './patiently.js';

export type PathKind = 'folder' | 'file' | 'special' | 'missing';

export async function kindOf(input: string): Promise<PathKind> {
  try {
    const found = await patiently(async () => stat(input));
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'special';
  } catch (error) {
    // Anything but "not there" is told when the file is read.
    return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '') ? 'missing' : 'file';
  }
}

/**
 * What a file of a searched folder is: an image by its name, which may be damaged then, or by its content; an image that
 * `ofx` wrote itself; or neither. What cannot be opened is told by whoever reads it, so it counts as an image.
 *
 * @param file a path; its bytes where they are not UTF-8
 */
export async function looksLike(
  file: string | Buffer,
  name: string,
): Promise<'image' | 'own-output' | 'no-image'> {
  const isNamed = hasImageName(name);
  // Only PNGs are marked, so other images need not be opened.
  if (isNamed && !/\.a?png$/i.test(name)) return 'image';
  let head: Uint8Array;
  try {
    head = await patiently(async () => readHead(file));
  } catch (error) {
    // An entry that nobody may read shows what it is by its name alone, and one without an image's name may be anything.
    return isNamed || systemCode(error) !== 'ENOENT' ? 'image' : 'no-image';
  }
  if (isOwnOutput(head)) return 'own-output';
  return isNamed || recogniseFormat(head)?.isImage ? 'image' : 'no-image';
}

async function readHead(file: string | Buffer): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
