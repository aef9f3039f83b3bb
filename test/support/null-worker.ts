/**
 * A worker by the project's own code, but for two things: its scorer computes nothing, and its locks are short, so that a test
 * of what happens to them need not wait. `tsx null-worker.ts RUN URL|- [LOCK_MS [MS_PER_IMAGE [waits]]]`, in a process of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connectQueue } from '../../src/lib/batch/queue/connect.js';
import { QueuedShards } from '../../src/lib/batch/queue/queued-shards.js';
import { openRun } from '../../src/lib/batch/run.js';
import type { Scorer } from '../../src/lib/batch/scorer.js';
import { MissingShards, type ShardSource } from '../../src/lib/batch/shards.js';
import { FolderStore } from '../../src/lib/batch/store/folder-store.js';
import { work } from '../../src/lib/batch/work.js';
import { OfxError } from '../../src/lib/core/errors.js';
import { nullScore } from './null-score.js';

const [folder = '', url = '-', lockMs = '30000', msPerImage = '0', waits = ''] = process.argv.slice(2);
const [index, count] = (process.env['SLICE'] ?? '0/1').split('/').map(Number);
const store = new FolderStore(folder);
const run = await openRun(store);
const scorer: Scorer = {
  places: 1,
  score: async ({ key }, signal) => {
    if (key.includes(process.env['DIES_OF'] ?? ' ')) process.kill(process.pid, 'SIGKILL');
    if (msPerImage !== '0') await sleep(Number(msPerImage), undefined, { signal });
    return { row: { verdict: 'no-finding', score: nullScore(key) } };
  },
  close: () => Promise.resolve(),
};
const stop = new AbortController();
process.on('SIGTERM', () => {
  stop.abort(new Error('SIGTERM'));
});
const server = url === '-' ? undefined : await connectQueue(url, run);
const source = server
  ? new QueuedShards(server, store, run, {
      url,
      untilEmpty: waits !== 'waits',
      times: { lockMs: Number(lockMs), stalledMs: Number(lockMs) / 2 },
      onNote: (note) => {
        console.error(note);
      },
    })
  : new MissingShards(store, run, { index: index!, count: count! }, true);
const told: ShardSource = {
  next: async (signal) => {
    const taken = await source.next(signal);
    if (taken) console.log(`${taken.shard} taken`);
    return taken;
  },
};
try {
  const done = await work(
    {
      store,
      run,
      source: told,
      scorer,
      fetcher: { fetch: () => Promise.resolve(new Uint8Array(0)) },
      shardsAtOnce: 1,
      imageTimeoutMs: 1000,
    },
    {
      onShard: (shard, outcome) => {
        console.log(`${shard} ${outcome}`);
      },
    },
    stop.signal,
  );
  console.log(JSON.stringify(done));
} catch (error) {
  console.error((error as Error).message, error instanceof OfxError ? error.suggestion : '');
  process.exitCode = stop.signal.aborted ? 143 : error instanceof OfxError ? error.exitStatus : 1;
}
if (source instanceof QueuedShards) await source.close();
await server?.close();
