import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, opendir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { OfxError, systemCode } from '../../core/errors.js';
import { createOnly, giveName } from '../../files/create-only.js';
import { writeError } from '../../files/write.js';
import type { Store, StoredFile } from './store.js';

/** A run in a folder: of this machine's disk, or of one that several machines mount. */
export class FolderStore implements Store {
  readonly place: string;
  readonly drafts: string;

  constructor(folder: string) {
    this.place = folder;
    this.drafts = path.resolve(folder);
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    return absentIsUndefined(this.#file(name), readFile(this.#file(name)));
  }

  async readRange(name: string, start: number, length: number): Promise<Uint8Array> {
    const file = this.#file(name);
    try {
      const handle = await open(file, 'r');
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
        return buffer.subarray(0, bytesRead);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw readError(file, error);
    }
  }

  async stat(name: string): Promise<StoredFile | undefined> {
    const found = await absentIsUndefined(this.#file(name), stat(this.#file(name)));
    return found?.isFile() ? { name, bytes: found.size, modified: found.mtime } : undefined;
  }

  async hash(name: string): Promise<string | undefined> {
    const hash = createHash('sha256');
    try {
      await pipeline(createReadStream(this.#file(name)), hash);
    } catch (error) {
      throw readError(this.#file(name), error);
    }
    return hash.digest('hex');
  }

  async create(name: string, data: Uint8Array | string): Promise<'created' | 'exists'> {
    return createOnly(this.#file(name), data);
  }

  async adopt(name: string, file: string): Promise<'created' | 'exists'> {
    try {
      const handle = await open(file, 'r+');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      return await giveName(file, this.#file(name));
    } catch (error) {
      throw writeError(this.#file(name), error);
    }
  }

  async *list(folder: string): AsyncIterable<StoredFile> {
    const opened = await absentIsUndefined(this.#file(folder), opendir(this.#file(folder)));
    if (!opened) return;
    for await (const entry of opened) {
      // Hidden files are being written, or were when their process was killed.
      if (!entry.isFile() || entry.name.startsWith('.')) continue;
      const found = await this.stat(path.posix.join(folder, entry.name));
      if (found) yield found;
    }
  }

  async remove(name: string): Promise<void> {
    await rm(this.#file(name), { force: true }).catch((error: unknown) => {
      throw writeError(this.#file(name), error);
    });
  }

  async removeFolder(name: string): Promise<void> {
    await rmdir(this.#file(name));
  }

  #file(name: string): string {
    return path.join(this.drafts, name);
  }
}

async function absentIsUndefined<T>(file: string, found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw readError(file, error);
  }
}

/** What a run is made of is no image: that it cannot be read concerns the whole run. */
function readError(file: string, cause: unknown): OfxError {
  return new OfxError('IO_FAILED', `Reading ${file} failed: ${(cause as Error).message}.`, { cause });
}
