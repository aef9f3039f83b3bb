/**
 * Works on a run with the real shards, parts and sources, and a scorer that computes nothing: `tsx null-worker.ts RUN
 * [milliseconds an image]`. What it says of an image follows from the image's name.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openRun } from '../../src/lib/batch/run.js';
import type { Scorer } from '../../src/lib/batch/scorer.js';
import { MissingShards } from '../../src/lib/batch/shards.js';
import { openStore } from '../../src/lib/batch/store/open.js';
import { work } from '../../src/lib/batch/work.js';

const [place = '', milliseconds = '0'] = process.argv.slice(2);

/** A score from the name alone, so that each row can be checked. */
export function nullScore(key: string): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) >>> 0;
  return hash / 2 ** 32;
}

if (place !== '') {
  const store = await openStore(place);
  const run = await openRun(store);
  const scorer: Scorer = {
    places: 2,
    score: async ({ key }, signal) => {
      if (milliseconds !== '0') await sleep(Number(milliseconds), undefined, { signal });
      const score = nullScore(key);
      return { row: { score, verdict: score > 0.5 ? 'manipulated' : 'no-finding', width: 1, height: 1 } };
    },
    close: () => Promise.resolve(),
  };
  const fetcher = { fetch: () => Promise.resolve(new Uint8Array(0)) };
  const source = new MissingShards(store, run);
  await work({ store, run, source, fetcher, scorer, shardsAtOnce: 1 }, {}, new AbortController().signal);
}
