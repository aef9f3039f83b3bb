import { access, constants, open, opendir } from 'node:fs/promises';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { readInput } from '../files/read.js';
import { Unfit } from './failures.js';
import type { ManifestEntry } from './manifest.js';
import { Refusals, type AccessProbe } from './refusals.js';
import type { RunFile } from './run.js';

/** Gets an image's bytes. */
export interface Fetcher {
  /** @throws {OfxError} what is wrong with the image; {@link Unfit} where the storage is out of reach */
  fetch: (entry: ManifestEntry, signal: AbortSignal) => Promise<Uint8Array>;
}

/** Reads images from folders. */
export class FolderFetcher implements Fetcher {
  readonly #refusals: Refusals;

  /**
   * @param base - where relative paths start from on this machine
   * @param sample - images from elsewhere in the run
   */
  constructor(
    private readonly run: Pick<RunFile, 'folders' | 'limits'>,
    private readonly base: string,
    sample?: AccessProbe['sample'],
  ) {
    this.#refusals = new Refusals({
      canRead: async ({ key }) => canOpen(path.resolve(base, key)),
      isThere: async ({ key }) => this.#isFolderOpen(path.dirname(path.resolve(base, key))),
      sample,
    });
  }

  async fetch(entry: ManifestEntry): Promise<Uint8Array> {
    try {
      const bytes = await readInput(path.resolve(this.base, entry.key), this.run.limits.maxBytes);
      this.#refusals.wasRead(entry);
      return bytes;
    } catch (error) {
      if (error instanceof OfxError && error.code === 'INPUT_MISSING') await this.#checkFolders();
      throw error instanceof OfxError && error.code === 'INPUT_UNREADABLE'
        ? await this.#refusals.judged(entry, error)
        : error;
    }
  }

  /** A mount that is lost takes its folder along, and no image may count as missing for that. */
  async #checkFolders(): Promise<void> {
    for (const folder of this.run.folders) {
      const here = path.resolve(this.base, folder);
      await access(here).catch((error: unknown) => {
        throw new Unfit(
          new OfxError('IO_FAILED', `The folder ${here}, which images are in, is not here.`, {
            suggestion: 'Mount it, or name the place that paths start from on this machine with --base.',
            cause: error,
          }),
        );
      });
    }
  }

  /** Files in a folder that can be entered, as can the folders of the run, are refused for what they are themselves. */
  async #isFolderOpen(folder: string): Promise<boolean> {
    try {
      await access(folder, constants.X_OK);
      for (const one of this.run.folders) {
        const opened = await opendir(path.resolve(this.base, one)).catch((error: unknown) => {
          if (systemCode(error) !== 'ENOTDIR') throw error;
        });
        await opened?.close();
      }
      return true;
    } catch {
      return false;
    }
  }
}

async function canOpen(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'r');
    try {
      const { bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, 0);
      return bytesRead === 1;
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
}
