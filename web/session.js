/** The photos of a session: what was given, and what came of each. */
import { openStore } from './store.js';

/**
 * An entry is one photo: `id`, `order` in which it came, `path` (its name, with its folders), `size` and `modified` of the file,
 * `file` where this tab has it, `source` of a sample; in time a `result` or a `problem` ({code, message, suggestion}); `reviewed` and
 * `note` by whoever looks at it.
 */
export const entries = [];

const byId = new Map();
/** Of a browser that keeps nothing, or whose disk is full. */
const pictures = new Map();
let store;

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
  return { added, kept: store.add(fresh) };
}

/** Sets what became known of a photo, here and on the disk. */
export function change(entry, changes) {
  Object.assign(entry, changes);
  void store.update(entry.id, changes).catch(() => undefined);
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
