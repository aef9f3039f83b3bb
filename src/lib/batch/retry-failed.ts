import type { ErrorCode } from '../core/errors.js';
import type { ManifestEntry } from './manifest.js';
import { readPart } from './part.js';
import { planRun } from './plan.js';
import { shardCount, type RunFile } from './run.js';
import type { Store } from './store/store.js';

/** What may be otherwise the next time: the machine's limits, its rights, the image itself. A damaged image stays damaged. */
const RETRYABLE: ReadonlySet<string> = new Set<ErrorCode>([
  'WORKER_LOST',
  'IMAGE_TIMEOUT',
  'IMAGE_TOO_COSTLY',
  'IMAGE_CHANGED',
  'INPUT_MISSING',
  'INPUT_UNREADABLE',
  'INPUT_LOST',
  'OUT_OF_MEMORY',
  'TOO_MANY_OPEN_FILES',
]);

/**
 * Plans a run of the images that failed for a reason that may have passed, with the settings of the first one.
 *
 * @returns how many images it has; with none nothing is planned
 * @throws {OfxError} as `planRun`
 */
export async function planRetry(
  store: Store,
  run: RunFile,
  into: Store,
  signal?: AbortSignal,
): Promise<number> {
  const entries: ManifestEntry[] = [];
  for (let shard = 0; shard < shardCount(run); shard++) {
    for (const { image, errorCode, etag } of await readPart(store, shard, signal)) {
      if (errorCode === null || !RETRYABLE.has(errorCode)) continue;
      // What was replaced is looked at as it is now.
      const known = errorCode === 'IMAGE_CHANGED' ? undefined : (etag ?? undefined);
      entries.push({ key: image, etag: known });
    }
  }
  if (entries.length === 0) return 0;
  const { reference, ...identity } = run.model;
  await planRun(into, { ...run, keys: entries, model: { reference, identity } }, undefined, signal);
  return entries.length;
}
