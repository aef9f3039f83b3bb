import { MissingShards, type ShardSource, type Slice } from './shards.js';
import type { RunFile } from './run.js';
import type { Store } from './store/store.js';

/** Where a worker takes its shards from. */
export interface SourceChoice {
  slice?: Slice | undefined;
  helpOthers?: boolean;
  /** URL of a queue; without one the parts alone say what is to do. */
  queue?: string | undefined;
  untilEmpty?: boolean;
}

export interface OpenSource {
  source: ShardSource;
  close: () => Promise<void>;
}

/**
 * What hands out the shards of a run.
 *
 * @throws {OfxError} as `connectQueue`
 */
export async function openSource(
  store: Store,
  run: RunFile,
  { slice, helpOthers = false, queue, untilEmpty = false }: SourceChoice,
  onNote: (note: string) => void,
): Promise<OpenSource> {
  if (queue === undefined) {
    return {
      source: slice ? new MissingShards(store, run, slice, helpOthers) : new MissingShards(store, run),
      close: () => Promise.resolve(),
    };
  }
  const { connectQueue } = await import('./queue/connect.js');
  const { QueuedShards } = await import('./queue/queued-shards.js');
  const server = await connectQueue(queue, run);
  const source = new QueuedShards(server, store, run, { url: queue, untilEmpty, onNote });
  return {
    source,
    close: async () => {
      await source.close();
      await server.close();
    },
  };
}
