/** The photos of a session: what was given, and what came of each. */
import { openStore } from './store.js';

/**
 * An entry is one photo: `id`, `order` in which it came, `path` (its name, with its folders), `size` and `modified` of the file,
 * `file` where this tab has it, `source` of a sample; in time a `result` or a `problem` ({code, message, suggestion}); `reviewed` and
 * `note` by whoever looks at it.
 */
export const entries = [];

const byId = new Map();
/** Other tabs with the same session hear what changes. */
const tabs = globalThis.BroadcastChannel && new BroadcastChannel('ofx-session');
/** Of a browser that keeps nothing, or whose disk is full. */
const pictures = new Map();
let store;
let tellFull = () => undefined;

/** @returns {Promise<void>} once what was there before a reload is there again */
export async function restore() {
  store = await openStore();
  const kept = await store.photos();
  kept.sort((a, b) => a.order - b.order);
  for (const entry of kept) take(entry);
}

/** Whether Reload and Back find all of it again. */
export function isKept() {
  return store.keeps;
}

export function find(id) {
  return byId.get(id);
}

/**
 * Adds photos to those before. The same file of the same folder is not taken twice.
 *
 * @param {{path: string, file?: File, source?: string}[]} given
 * @returns {Promise<{added: object[], unkept: object[]}>} their entries, those that were there before included; and those that were not
 *   written to the disk
 */
export async function add(given) {
  const known = new Map(entries.map((entry) => [keyOf(entry), entry]));
  const fresh = [];
  const added = given.map(({ path, file, source }) => {
    const entry = { path, source, file, size: file?.size, modified: file?.lastModified };
    const before = known.get(keyOf(entry));
    if (before) {
      before.file ??= file;
      return before;
    }
    entry.id = newId();
    entry.order = Date.now() + fresh.length / 1e6;
    known.set(keyOf(entry), entry);
    fresh.push(entry);
    take(entry);
    return entry;
  });
  const kept = store.add(fresh).catch((error) => {
    if (isFull(error)) tellFull();
    return fresh;
  });
  void kept.then(() => fresh.length > 0 && tabs?.postMessage({ added: fresh.map(({ id }) => id) }));
  return { added, kept };
}

/** Sets what became known of a photo, here and on the disk. */
export function change(entry, changes) {
  Object.assign(entry, changes);
  void store.update(entry.id, changes).then(
    () => tabs?.postMessage({ changed: entry.id }),
    (error) => isFull(error) && tellFull(),
  );
}

/** @returns {Promise<Blob | undefined>} the photo itself, if it is still there */
export async function fileOf(entry) {
  return entry.file ?? store.file(entry.id);
}

/** Of a sample, once it has come. */
export function keepFile(entry, file) {
  entry.file = file;
  void store.keepFile(entry.id, file);
}

/** @returns {Promise<{photo: Blob, heat: Blob, map: Blob, mask: Blob, drawings: object[]} | undefined>} */
export async function picturesOf(entry) {
  return pictures.get(entry.id) ?? store.pictures(entry.id);
}

/** @returns {Promise<void>} once they are on the disk, so that memory does not grow with the number of photos */
export async function keepPictures(entry, made) {
  pictures.set(entry.id, made);
  if (await store.keepPictures(entry.id, made)) pictures.delete(entry.id);
  else if (store.keeps) tellFull();
}

export async function setting(name) {
  return store.setting(name);
}

export function set(name, value) {
  void store.set(name, value);
}

/** Forgets everything, here and on the disk. */
export async function clear() {
  entries.length = 0;
  byId.clear();
  pictures.clear();
  await store.clear();
  tabs?.postMessage({ cleared: true });
}

/**
 * Follows what other tabs do with the session, and what does not fit on the disk.
 *
 * @param {object} events
 * @param {() => void} events.onChange - entries came, or have other values
 * @param {() => void} events.onClear - another tab forgot everything
 * @param {() => void} events.onFull - the browser has no room for more; what is here stays until this tab is closed
 */
export function follow({ onChange, onClear, onFull }) {
  tellFull = onFull;
  if (!tabs) return;
  tabs.onmessage = async ({ data: { added = [], changed, cleared } }) => {
    if (cleared) {
      entries.length = 0;
      byId.clear();
      pictures.clear();
      onClear();
      return;
    }
    for (const id of [...added, ...(changed === undefined ? [] : [changed])]) {
      const kept = await store.photo(id);
      const known = byId.get(id);
      // What it has no more, a photo that is examined again, it has no more here.
      if (kept && known) Object.assign(known, { result: undefined, problem: undefined }, kept);
      else if (kept) take(kept);
    }
    onChange();
  };
}

function isFull(error) {
  return error?.name === 'QuotaExceededError';
}

function take(entry) {
  entries.push(entry);
  byId.set(entry.id, entry);
}

function keyOf({ path, size, modified, source }) {
  return JSON.stringify(source ? [source] : [path, size, modified]);
}

/** crypto.randomUUID is there only where the page came over HTTPS or from this machine. */
function newId() {
  return [...crypto.getRandomValues(new Uint32Array(3))].map((part) => part.toString(36)).join('-');
}
