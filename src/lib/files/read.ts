import { open, type FileHandle } from 'node:fs/promises';
import { OfxError, systemCode } from '../core/errors.js';

/**
 * A file's bytes. The size is checked before anything is read; a pipe, which has none, is read up to the limit.
 * @throws OfxError INPUT_MISSING, INPUT_UNREADABLE, INPUT_LOST, IMAGE_TOO_LARGE, TOO_MANY_OPEN_FILES, OUT_OF_MEMORY.
 */
export async function readInput(file: string, maxBytes: number): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new OfxError('INPUT_UNREADABLE', `${file} is a folder, not a file.`);
    if (stats.size > maxBytes) throw tooManyBytes(file, maxBytes);
    if (stats.isFile()) return await handle.readFile();

    const chunks: Buffer[] = [];
    let total = 0;
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      chunks.push(chunk as Buffer);
      total += (chunk as Buffer).length;
      if (total > maxBytes) throw tooManyBytes(file, maxBytes);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw error instanceof OfxError ? error : readError(file, error);
  } finally {
    await handle?.close();
  }
}

export function tooManyBytes(name: string, maxBytes: number): OfxError {
  return new OfxError('IMAGE_TOO_LARGE', `${name} is larger than the limit of ${maxBytes} bytes.`);
}

function readError(file: string, cause: unknown): OfxError {
  switch (systemCode(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new OfxError('INPUT_MISSING', `${file} does not exist.`, { cause });
    case 'EMFILE':
    case 'ENFILE':
      return new OfxError('TOO_MANY_OPEN_FILES', `${file} cannot be opened: too many files are open.`, {
        cause,
        suggestion: 'Allow more open files (ulimit -n), or lower --concurrency.',
      });
    case 'ENOMEM':
      return new OfxError('OUT_OF_MEMORY', `There is not enough memory to read ${file}.`, { cause });
    case 'EIO':
    case 'ENOTCONN':
    case 'EHOSTDOWN':
    case 'ESTALE':
      return new OfxError('INPUT_LOST', `Reading ${file} failed half-way: ${(cause as Error).message}.`, {
        cause,
      });
    default:
      return new OfxError('INPUT_UNREADABLE', `${file} cannot be read: ${(cause as Error).message}.`, {
        cause,
      });
  }
}
