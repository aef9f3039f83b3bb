import { open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { execa } from 'execa';

/**
 * A file whose reader waits, for as long as the test wants: a named pipe. It holds a run at a known place, whatever the
 * speed of the machine.
 */
export class HeldFile {
  #pipe: FileHandle | undefined;

  private constructor(
    private readonly file: string,
    private readonly bytes: Uint8Array,
  ) {}

  static async make(file: string, bytes: Uint8Array): Promise<HeldFile> {
    await execa('mkfifo', [file]);
    return new HeldFile(file, bytes);
  }

  /** Puts a pipe in the place of a file. */
  static async hold(file: string): Promise<HeldFile> {
    const bytes = await readFile(file);
    await rm(file);
    return HeldFile.make(file, bytes);
  }

  /** Resolves when somebody has begun to read. */
  async reached(): Promise<void> {
    this.#pipe = await open(this.file, 'w');
  }

  /** Gives the bytes to whoever waits for them. */
  async release(): Promise<void> {
    await this.#pipe?.writeFile(this.bytes);
    await this.#pipe?.close();
    this.#pipe = undefined;
  }

  /** Puts the file back, for the next run. */
  async putBack(): Promise<void> {
    await this.#pipe?.close();
    await writeFile(`${this.file}.new`, this.bytes);
    await rename(`${this.file}.new`, this.file);
  }
}
