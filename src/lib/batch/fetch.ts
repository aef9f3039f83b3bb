import { access } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { readInput } from '../files/read.js';
import { Unfit } from './failures.js';
import type { ManifestEntry } from './manifest.js';
import type { RunFile } from './run.js';

/** Gets an image's bytes. */
export interface Fetcher {
  /** @throws {OfxError} what is wrong with the image; {@link Unfit} where the storage is out of reach */
  fetch: (entry: ManifestEntry, signal: AbortSignal) => Promise<Uint8Array>;
}

/** Images in a row that may not be read before that is this machine's fault and not theirs. */
export const MOST_REFUSALS = 20;

/** Reads images from folders. */
export class FolderFetcher implements Fetcher {
  #refusals = 0;

  /** @param base - where relative paths start from on this machine */
  constructor(
    private readonly run: Pick<RunFile, 'folders' | 'limits'>,
    private readonly base: string,
  ) {}

  async fetch({ key }: ManifestEntry): Promise<Uint8Array> {
    try {
      const bytes = await readInput(path.resolve(this.base, key), this.run.limits.maxBytes);
      this.#refusals = 0;
      return bytes;
    } catch (error) {
      if (error instanceof OfxError && error.code === 'INPUT_MISSING') await this.#checkFolders();
      if (
        error instanceof OfxError &&
        error.code === 'INPUT_UNREADABLE' &&
        ++this.#refusals >= MOST_REFUSALS
      ) {
        throw new Unfit(
          new OfxError(
            'IO_FAILED',
            `${this.#refusals} images in a row may not be read, the last one ${key}.`,
            {
              suggestion: 'Give this machine the right to read them, then run the same command again.',
              cause: error,
            },
          ),
        );
      }
      throw error;
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
}
