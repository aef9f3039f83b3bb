import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { OfxError } from '../core/errors.js';
import { shardName } from './part.js';
import type { Store, StoredFile } from './store/store.js';

/** A file for each shard that a worker has; what is left of workers that died says how often a shard was tried. */
const ACTIVE = 'active';

/** A file for each image that a worker was looking at when it died. */
const SUSPECTS = 'suspects';

/** From so many workers that died with a shard on, the image that kills them is looked for. */
const DEATHS = 2;

/** After so long a worker of another machine that still has a shard counts as dead: shards take minutes. */
const OLD_MS = 10 * 60_000;

/** Between two looks at an image that another worker may still be looking at. */
const LOOK_EVERY_MS = 1000;

const ME = {
  host: os.hostname().replaceAll(/[^\w.-]/g, '-'),
  pid: String(process.pid),
  id: randomUUID().slice(0, 8),
};

/** Who wrote a file: `<what>~<host>~<pid>~<id>`. */
interface Mark {
  file: string;
  what: string;
  host: string;
  pid: string;
  id: string;
  modified: Date;
}

/** A shard that a worker has, or had when it died. */
export interface ActiveShard {
  shard: number;
  host: string;
  since: Date;
}

/** This worker's hold of a shard. */
export interface Attempt {
  /** Workers that died with it. */
  deaths: number;
  /** Looks at one image; where it may have killed workers, in a way that shows which one it is. */
  guarded: <T>(row: number, look: () => Promise<T>) => Promise<T>;
  /** Looked at one by one, so that a death says which image it was. */
  isCareful: boolean;
  /** @param isDone - its part is there: nobody has to know any more who died with it */
  end: (isDone: boolean) => Promise<void>;
}

/** Notes that this worker begins with a shard, and counts those that died with it. */
export async function beginAttempt(
  store: Store,
  shard: number,
  imageTimeoutMs: number,
  signal: AbortSignal,
): Promise<Attempt> {
  const name = shardName(shard);
  const dead: string[] = [];
  for await (const { what, file, ...mark } of marks(store, ACTIVE, signal)) {
    if (what === name && isDead(mark, OLD_MS)) dead.push(file);
  }
  const own = markName(ACTIVE, name);
  await store.create(own, '', signal);
  const isCareful = dead.length >= DEATHS;
  return {
    deaths: dead.length,
    isCareful,
    guarded: isCareful
      ? async (row, look) => guarded(store, `${name}-${row}`, imageTimeoutMs, look, signal)
      : async (_row, look) => look(),
    end: async (isDone) => {
      // It may be stopped by now, and where the storage is gone the mark only makes the next worker careful.
      for (const file of isDone ? [own, ...dead] : [own]) await store.remove(file).catch(() => undefined);
    },
  };
}

async function guarded<T>(
  store: Store,
  image: string,
  imageTimeoutMs: number,
  look: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  // An image is tried thrice at most, and its process has to start each time.
  while (await isSuspect(store, image, 3 * imageTimeoutMs + 60_000, signal))
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  const own = markName(SUSPECTS, image);
  await store.create(own, '', signal);
  try {
    return await look();
  } finally {
    await store.remove(own).catch(() => undefined);
  }
}

/**
 * Whether another worker is looking at an image now.
 *
 * @throws {OfxError} WORKER_LOST where one died of it
 */
async function isSuspect(store: Store, image: string, oldMs: number, signal: AbortSignal): Promise<boolean> {
  let isLookedAt = false;
  for await (const { what, ...mark } of marks(store, SUSPECTS, signal)) {
    if (what !== image) continue;
    if (isDead(mark, oldMs))
      throw new OfxError(
        'WORKER_LOST',
        'The whole worker died, at least three times, the last time of this image.',
      );
    isLookedAt = true;
  }
  return isLookedAt;
}

/** Shards that workers have now, or had when they died, the oldest first. */
export async function activeShards(store: Store, signal?: AbortSignal): Promise<ActiveShard[]> {
  const found: ActiveShard[] = [];
  for await (const { what, host, modified } of marks(store, ACTIVE, signal))
    found.push({ shard: Number(what), host, since: modified });
  return found.sort((a, b) => a.since.getTime() - b.since.getTime());
}

let serial = 0;

function markName(folder: string, what: string): string {
  return `${folder}/${what}~${ME.host}~${ME.pid}~${ME.id}-${serial++}`;
}

async function* marks(store: Store, folder: string, signal?: AbortSignal): AsyncGenerator<Mark> {
  for await (const file of store.list(folder, signal)) {
    const mark = readMark(file);
    if (mark) yield mark;
  }
}

function readMark({ name, modified }: StoredFile): Mark | undefined {
  const [what, host, pid, id] = name.slice(name.lastIndexOf('/') + 1).split('~');
  return what !== undefined && host !== undefined && pid !== undefined && id !== undefined
    ? { file: name, what, host, pid, id, modified }
    : undefined;
}

/** In a container that was started again, a worker has the name of its host and the number that its forerunner had. */
function isDead({ host, pid, id, modified }: Omit<Mark, 'what' | 'file'>, oldMs: number): boolean {
  if (host === ME.host) return pid === ME.pid ? !id.startsWith(ME.id) : !isRunning(Number(pid));
  return Date.now() - modified.getTime() > oldMs;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
