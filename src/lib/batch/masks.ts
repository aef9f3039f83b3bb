import { pack } from 'tar-stream';
import { PARTS, shardName } from './part.js';
import type { Row } from './row.js';
import type { Store } from './store/store.js';

/**
 * Publishes a shard's masks as a tar in the layout of WebDataset: of each image `<row>.json`, with its key, and
 * `<row>.mask.png`. It is there before the part is, so that whoever sees the part can rely on it.
 */
export async function publishMasks(
  store: Store,
  shard: number,
  rows: readonly Row[],
  masks: ReadonlyMap<number, Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const tar = pack();
  // Always the same bytes, whoever packs them and when.
  const mtime = new Date(0);
  for (const [index, mask] of [...masks].sort(([a], [b]) => a - b)) {
    const name = String(index).padStart(6, '0');
    const { image, verdict, score } = rows[index]!;
    tar.entry({ name: `${name}.json`, mtime }, JSON.stringify({ image, verdict, score }));
    tar.entry({ name: `${name}.mask.png`, mtime }, Buffer.from(mask));
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  await store.create(`${PARTS}/part-${shardName(shard)}.masks.tar`, Buffer.concat(chunks), signal);
}
