import os from 'node:os';
import { shardName } from './part.js';
import type { Store } from './store/store.js';

/** Shards that were given up, a file each, until somebody submits them again. */
export const FAILED = 'failed';

const NAME = /^(\d{6,})\.json$/;

export function failedName(shard: number): string {
  return `${FAILED}/${shardName(shard)}.json`;
}

/** The shard of a file in {@link FAILED}; undefined for other files. */
export function shardOfFailed(name: string): number | undefined {
  const number = NAME.exec(name.slice(name.lastIndexOf('/') + 1))?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Why a shard was given up. */
export interface FailedShard {
  shard: number;
  message: string;
  host: string;
  attempts: number;
  at: string;
}

export async function recordFailure(
  store: Store,
  shard: number,
  error: unknown,
  attempts: number,
): Promise<void> {
  const record: FailedShard = {
    shard,
    message: error instanceof Error ? error.message : String(error),
    host: os.hostname(),
    attempts,
    at: new Date().toISOString(),
  };
  await store.create(failedName(shard), `${JSON.stringify(record)}\n`);
}

/** Of these shards those that were given up, in their order. */
export async function failedShards(
  store: Store,
  shards: readonly number[],
  signal?: AbortSignal,
): Promise<FailedShard[]> {
  const wanted = new Set(shards);
  const found: FailedShard[] = [];
  for await (const { name } of store.list(FAILED, signal)) {
    const shard = shardOfFailed(name);
    if (shard === undefined || !wanted.has(shard)) continue;
    const bytes = await store.read(failedName(shard), signal);
    if (bytes) found.push(JSON.parse(Buffer.from(bytes).toString('utf8')) as FailedShard);
  }
  return found.sort((a, b) => a.shard - b.shard);
}
