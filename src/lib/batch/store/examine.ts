import { randomUUID } from 'node:crypto';
import { OfxError } from '../../core/errors.js';
import { openStore } from './open.js';
import { isS3, openS3 } from './s3.js';
import { S3Store } from './s3-store.js';
import type { Store } from './store.js';

/** What was found out about a storage; the same form as the other checks of `ofx doctor`. */
export interface StorageCheck {
  name: string;
  state: 'ok' | 'missing' | 'broken';
  detail: string;
  fix?: string;
}

/** Writers that try the same name at once, and how often. */
const RACE = { writers: 8, rounds: 5 } as const;

/** Somebody waits for the answer. */
const LIMITS = { forMs: 5000, silenceMs: 5000 };

/**
 * Tries on a folder or `s3://bucket/prefix` what batch runs need of it, with small files of its own that it removes again:
 * whether files come back whole and in ranges, are listed, are never replaced, and whether of many writers one wins.
 */
export async function examineStorage(place: string, signal?: AbortSignal): Promise<StorageCheck[]> {
  const below = `.ofx-doctor-${randomUUID()}`;
  const names = new Set<string>();
  const at = (name: string): string => {
    names.add(`${below}/${name}`);
    return `${below}/${name}`;
  };
  let store: Store | undefined;
  const check = async (
    name: string,
    look: (store: Store) => Promise<string>,
    shortcoming: 'missing' | 'broken' = 'broken',
  ): Promise<StorageCheck> => {
    try {
      store ??= await open(place);
      return { name: `Storage, ${name}`, state: 'ok', detail: await look(store) };
    } catch (error) {
      signal?.throwIfAborted();
      const fix = error instanceof OfxError ? error.suggestion : undefined;
      return {
        name: `Storage, ${name}`,
        state: error instanceof Shortcoming ? shortcoming : 'broken',
        detail: (error as Error).message,
        ...(fix !== undefined && { fix }),
      };
    }
  };
  const data = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
  try {
    const first = await check('writing and reading', async (opened) => {
      await opened.create(at('file'), data, signal);
      const bytes = await opened.read(at('file'), signal);
      expectSame(bytes, data, 'A file came back otherwise than it was written.');
      return `${place}: a file comes back as it was written`;
    });
    if (first.state !== 'ok') return [first];
    return [
      first,
      await check('ranges', async (opened) => {
        for (const [start, length] of [
          [0, 10],
          [400, 200],
          [999, 1],
        ] as const) {
          const bytes = await opened.readRange(at('file'), start, length, signal);
          expectSame(
            bytes,
            data.subarray(start, start + length),
            'A range of a file is not what was asked for.',
          );
        }
        return 'parts of a file can be read';
      }),
      await check('listing', async (opened) => {
        for await (const { name, bytes } of opened.list(below, signal))
          if (name === at('file') && bytes === data.length) return 'what was written is listed at once';
        throw new Shortcoming('A file that was written is not listed.');
      }),
      await check('create-only writes', async (opened) => {
        const again = await opened.create(at('file'), 'other', signal);
        expectSame(
          await opened.read(at('file'), signal),
          data,
          'A file was replaced by a later one of the same name.',
        );
        if (again !== 'exists') throw new Shortcoming('A second write of the same name counts as the first.');
        return 'what is there is not replaced';
      }),
      await check(
        'races',
        async (opened) => {
          let most = 0;
          for (let round = 0; round < RACE.rounds; round++) {
            const outcomes = await Promise.all(
              Array.from({ length: RACE.writers }, async (_, writer) =>
                opened.create(at(`race-${round}`), `writer ${writer}`, signal),
              ),
            );
            most = Math.max(most, outcomes.filter((outcome) => outcome === 'created').length);
          }
          if (most === 1) return `of ${RACE.writers} writers at once one wins`;
          throw new Shortcoming(
            `of ${RACE.writers} writers at once ${most} win: it does not heed If-None-Match. Runs are whole all the same; where two ` +
              'workers finish one shard at the same moment, the later one’s rows stay, which are as valid.',
          );
        },
        'missing',
      ),
    ];
  } finally {
    for (const name of names)
      await store?.remove(name, AbortSignal.timeout(LIMITS.forMs)).catch(() => undefined);
    await store?.removeFolder?.(below).catch(() => undefined);
  }
}

/** The storage works, but not as it should. */
class Shortcoming extends Error {}

function expectSame(found: Uint8Array | undefined, expected: Uint8Array, otherwise: string): void {
  if (!found || Buffer.compare(found, expected) !== 0) throw new Shortcoming(otherwise);
}

async function open(place: string): Promise<Store> {
  return isS3(place) ? new S3Store(place, await openS3(), LIMITS) : openStore(place);
}
