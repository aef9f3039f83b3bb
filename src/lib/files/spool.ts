import { open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from './make-folder.js';
import { writeError } from './write.js';

/** Where a text lies in a {@link Spool}. */
export interface Spooled {
  offset: number;
  length: number;
}

let serial = 0;

/**
 * Texts on disk that are read again in another order: memory does not grow with them. Its file has no name while it is open, where
 * the system allows that, so that nothing is left of it however the process ends.
 */
export class Spool {
  #end = 0;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly handle: FileHandle,
    /** Its name where it had to keep it. */
    private readonly file: string | undefined,
  ) {}

  /** @throws {OfxError} OUTPUT_UNWRITABLE, IO_FAILED */
  static async open(folder: string): Promise<Spool> {
    const file = path.join(path.resolve(folder), `.ofx-${process.pid}-${serial++}.spool`);
    try {
      await makeFolder(folder);
      const handle = await open(file, 'wx+');
      const unnamed = await rm(file).then(
        () => true,
        () => false,
      );
      return new Spool(handle, unnamed ? undefined : file);
    } catch (error) {
      throw writeError(file, error);
    }
  }

  /** @throws {OfxError} IO_FAILED, e.g. where the disk is full */
  async add(text: string): Promise<Spooled> {
    const bytes = Buffer.from(text);
    const place = { offset: this.#end, length: bytes.length };
    this.#end += bytes.length;
    const writing = this.#last.then(async () => {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await this.handle.write(bytes, at, bytes.length - at, place.offset + at);
        at += bytesWritten;
      }
    });
    this.#last = writing.catch(() => undefined);
    await writing.catch((error: unknown) => {
      throw writeError(this.file ?? 'what is kept for the report', error);
    });
    return place;
  }

  async read({ offset, length }: Spooled): Promise<string> {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length;) {
      const { bytesRead } = await this.handle.read(bytes, at, length - at, offset + at);
      if (bytesRead === 0) throw new Error('The spool is shorter than what was written to it.');
      at += bytesRead;
    }
    return bytes.toString();
  }

  async close(): Promise<void> {
    await this.#last;
    await this.handle.close();
    if (this.file !== undefined) await rm(this.file, { force: true });
  }
}
