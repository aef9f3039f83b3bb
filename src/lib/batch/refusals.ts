import { OfxError } from '../core/errors.js';
import { Unfit } from './failures.js';
import type { ManifestEntry } from './manifest.js';

/** Images in a row that may not be read before somebody looks whether that is theirs or this machine's fault. */
export const MOST_REFUSALS = 20;

/** Looks for a sign that this machine can read at all, after many images in a row that it may not. */
export interface AccessProbe {
  /** Whether this image can be read now. */
  canRead: (entry: ManifestEntry) => Promise<boolean>;
  /** Whether the storage itself answers as it should, where no image tells. */
  isThere: (refused: ManifestEntry) => Promise<boolean>;
  /** Images from elsewhere in the run. */
  sample?: (() => Promise<readonly ManifestEntry[]>) | undefined;
}

/**
 * Tells bad images from a machine that may not read any. An image that may not be read is a row. Of many in a row it is asked
 * whether others can be read: the last one that could, then some from elsewhere in the run, then the storage itself. Only
 * where none can is it this machine, and the worker leaves.
 */
export class Refusals {
  #inARow = 0;
  #lastRead: ManifestEntry | undefined;

  constructor(private readonly probe: AccessProbe) {}

  wasRead(entry: ManifestEntry): void {
    this.#inARow = 0;
    this.#lastRead = entry;
  }

  /** @returns the refusal, or {@link Unfit} where the machine is to blame for it */
  async judged(entry: ManifestEntry, refusal: OfxError): Promise<OfxError> {
    if (++this.#inARow < MOST_REFUSALS) return refusal;
    this.#inARow = 0;
    if (await this.#canReadOthers(entry)) return refusal;
    return new Unfit(
      new OfxError(
        'IO_FAILED',
        `${MOST_REFUSALS} images in a row may not be read, nor others of the run, the last one ${entry.key}.`,
        {
          suggestion: 'Give this machine the right to read them, then run the same command again.',
          cause: refusal,
        },
      ),
    );
  }

  async #canReadOthers(refused: ManifestEntry): Promise<boolean> {
    // One that could be read says more than all others: a lost mount and expired credentials show by it.
    if (this.#lastRead) return this.probe.canRead(this.#lastRead);
    for (const entry of (await this.probe.sample?.()) ?? []) if (await this.probe.canRead(entry)) return true;
    return this.probe.isThere(refused);
  }
}
