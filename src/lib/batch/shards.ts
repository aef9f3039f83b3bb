import { partName, PARTS, shardOfPart } from './part.js';
import { shardCount, type RunFile } from './run.js';
import type { Store } from './store/store.js';

/** What became of a shard that was taken. */
export type ShardOutcome =
  /** Published, or found to be published by another worker first. */
  | 'published'
  | 'already'
  /** Not finished, for no fault of its own: another worker has to take it. */
  | 'given-back';

/** A shard that this worker has. */
export interface TakenShard {
  shard: number;
  /** How often workers started on it, this time included; 1 where nobody counts. */
  attempt: number;
  /** Aborted where this worker lost its right to the shard. */
  lost?: AbortSignal;
  settle: (outcome: ShardOutcome) => Promise<void>;
  /** It cannot be done, by a defect. */
  fail: (error: unknown) => Promise<void>;
}

/** Says which shard comes next: a folder's missing parts, a slice of them, or a queue. */
export interface ShardSource {
  /** @returns undefined when there is no more to do */
  next: (signal: AbortSignal) => Promise<TakenShard | undefined>;
}

/** Shards I, I + N, I + 2N, …, the first being 0. */
export interface Slice {
  index: number;
  count: number;
}

/** The shards that have no part yet. */
export async function missingShards(store: Store, run: RunFile, signal?: AbortSignal): Promise<number[]> {
  const there = new Uint8Array(shardCount(run));
  for await (const { name } of store.list(PARTS, signal)) {
    const shard = shardOfPart(name);
    if (shard !== undefined) there[shard] = 1;
  }
  return [...there.keys()].filter((shard) => there[shard] === 0);
}

/**
 * Takes the shards that have no part, without any coordinator: first those of its own slice, in their order; then, if it
 * helps others, any that is still missing, in random order, until none is. Two workers that take the same one waste one's
 * work, and harm nothing: the first part wins. So a worker that died, or is slow, is covered by the others.
 */
export class MissingShards implements ShardSource {
  readonly #inFlight = new Set<number>();
  #next: number[] | undefined;
  #ownDone = false;

  constructor(
    private readonly store: Store,
    private readonly run: RunFile,
    private readonly slice: Slice = { index: 0, count: 1 },
    private readonly helpsOthers = slice.count === 1,
  ) {}

  async next(signal: AbortSignal): Promise<TakenShard | undefined> {
    for (;;) {
      this.#next ??= await this.#list(signal);
      const shard = this.#next.shift();
      if (shard === undefined) {
        this.#next = undefined;
        const isLastRound = this.#ownDone;
        this.#ownDone = true;
        if (!this.helpsOthers) return undefined;
        // Looked at once more, for what others had and did not finish.
        if (isLastRound && (await this.#list(signal)).length === 0) return undefined;
        continue;
      }
      // Others may have published it since the list was made.
      if (this.#inFlight.has(shard) || (await this.store.stat(partName(shard), signal))) continue;
      return this.#take(shard);
    }
  }

  async #list(signal: AbortSignal): Promise<number[]> {
    const { index, count } = this.slice;
    const missing = (await missingShards(this.store, this.run, signal)).filter(
      (shard) => !this.#inFlight.has(shard),
    );
    return this.#ownDone ? shuffled(missing) : missing.filter((shard) => shard % count === index);
  }

  #take(shard: number): TakenShard {
    this.#inFlight.add(shard);
    return {
      shard,
      attempt: 1,
      settle: (outcome) => {
        this.#inFlight.delete(shard);
        // Somebody else goes the same way: random order lets us meet less often.
        if (outcome === 'already' && this.#next) this.#next = shuffled(this.#next);
        return Promise.resolve();
      },
      fail: (error) => {
        throw error;
      },
    };
  }
}

function shuffled(shards: number[]): number[] {
  for (let i = shards.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [shards[i], shards[j]] = [shards[j]!, shards[i]!];
  }
  return shards;
}
