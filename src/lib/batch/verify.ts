import { pMapIterable } from 'p-map';
import { PARTS, readPartFooter, shardOfPart, type PartFooter } from './part.js';
import { shardCount, type RunFile } from './run.js';
import type { Store, StoredFile } from './store/store.js';

/** Footers that are read side by side. */
const AT_ONCE = 16;

export interface Verified {
  /** By shard; undefined where there is no part. */
  footers: (PartFooter | undefined)[];
  missing: number[];
}

/**
 * Checks the footer of every part: that it is whole, of this run and of its shard.
 *
 * @param known - footers that were read before, by shard; new ones are added
 * @throws {OfxError} RUN_INVALID for a part that is not
 */
export async function verifyParts(
  store: Store,
  run: RunFile,
  known: Map<number, PartFooter> = new Map<number, PartFooter>(),
  signal?: AbortSignal,
): Promise<Verified> {
  const shards = shardCount(run);
  const read = pMapIterable(
    partsOf(store, shards, signal),
    async ({ shard, bytes }) => known.get(shard) ?? readPartFooter(store, run, shard, bytes, signal),
    { concurrency: AT_ONCE },
  );
  const footers = new Array<PartFooter | undefined>(shards).fill(undefined);
  for await (const footer of read) {
    footers[footer.shard] = footer;
    known.set(footer.shard, footer);
  }
  const missing = [...footers.keys()].filter((shard) => footers[shard] === undefined);
  return { footers, missing };
}

async function* partsOf(
  store: Store,
  shards: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredFile & { shard: number }> {
  for await (const file of store.list(PARTS, signal)) {
    const shard = shardOfPart(file.name);
    if (shard !== undefined && shard < shards) yield { ...file, shard };
  }
}

/** "3, 17-20 and 41" of shards in their order, cut short where there are many. */
export function shardRanges(shards: readonly number[], most = 20): string {
  const ranges: [number, number][] = [];
  for (const shard of shards) {
    const last = ranges.at(-1);
    if (last?.[1] === shard - 1) last[1] = shard;
    else ranges.push([shard, shard]);
  }
  const texts = ranges
    .slice(0, most)
    .map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  if (ranges.length > most) texts.push(`${ranges.length - most} more ranges`);
  return texts.length > 1 ? `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}` : texts.join('');
}
