import { setMaxListeners } from 'node:events';
import pMap from 'p-map';
import type { Attempt } from './attempts.js';
import { isAboutImage } from './failures.js';
import type { Fetcher } from './fetch.js';
import type { ManifestEntry } from './manifest.js';
import { ReadAhead } from './read-ahead.js';
import { emptyRow, type Row } from './row.js';
import type { Scorer } from './scorer.js';

/** A shard's results, in the manifest's order. */
export interface ShardResult {
  rows: Row[];
  /** PNG masks by row. */
  masks: Map<number, Uint8Array>;
}

/**
 * Looks at a shard's images. What is wrong with one becomes its row; anything else ends the shard, and what is done of it is
 * lost: half a shard, at most.
 *
 * @param onImage - told of each image, with its error code where it failed
 * @throws what is not about one image; the signal's reason
 */
export async function scoreShard(
  entries: readonly ManifestEntry[],
  tools: { fetcher: Fetcher; scorer: Scorer; ahead: ReadAhead; attempt: Attempt },
  onImage: (row: Row) => void,
  signal: AbortSignal,
): Promise<ShardResult> {
  const { fetcher, scorer, ahead, attempt } = tools;
  // Those that are under way when one of them ends the shard must not go on.
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  // One listener an image under way: no leak.
  setMaxListeners(0, either);
  const masks = new Map<number, Uint8Array>();
  const scoreOne = async (entry: ManifestEntry, index: number): Promise<Row> => {
    const row = emptyRow(entry.key);
    row.etag = entry.etag ?? null;
    if (entry.error) {
      row.errorCode = entry.error.code;
      row.errorMessage = entry.error.message;
      onImage(row);
      return row;
    }
    let held = 0;
    try {
      await ahead.room();
      either.throwIfAborted();
      const scored = await attempt.guarded(index, async () => {
        const bytes = await fetcher.fetch(entry, either);
        held = bytes.length;
        ahead.hold(held);
        return scorer.score({ key: entry.key, bytes }, either);
      });
      Object.assign(row, scored.row);
      if (scored.mask) masks.set(index, scored.mask);
    } catch (error) {
      if (either.aborted || !isAboutImage(error)) throw error;
      row.errorCode = error.code;
      row.errorMessage = error.message;
    } finally {
      ahead.release(held);
    }
    onImage(row);
    return row;
  };
  try {
    const rows = await pMap(entries, scoreOne, {
      concurrency: attempt.isCareful ? 1 : scorer.places + ReadAhead.images,
      signal: either,
    });
    return { rows, masks };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    stop.abort();
  }
}
