/** The session on the browser's own disk (IndexedDB), so that Reload and Back lose nothing. */

const NAME = 'ofx';
const VERSION = 1;
/** Photos that are written in one transaction: a few, so that not all of a large folder is held at once. */
const BATCH = 16;

/** What has an id: the list, the photos themselves, and what was made of them. */
const STORES = ['photos', 'files', 'pictures'];
const SETTINGS = 'settings';

/** @returns {Promise<Store>} one that forgets, where the browser keeps nothing */
export async function openStore() {
  try {
    return new Store(await openDatabase());
  } catch {
    return new Store(undefined);
  }
}

export class Store {
  #database;

  constructor(database) {
    this.#database = database;
    // Another tab with a newer version of the page may go on.
    if (database) database.onversionchange = () => database.close();
  }

  /** Whether a reload finds what was put here. */
  get keeps() {
    return this.#database !== undefined;
  }

  /** @returns {Promise<object[]>} the list, without photos and pictures */
  async photos() {
    if (!this.keeps) return [];
    return answer(this.#database.transaction('photos').objectStore('photos').getAll());
  }

  /** @returns {Promise<object | undefined>} one of the list */
  async photo(id) {
    return this.#get('photos', id);
  }

  /**
   * @param {object[]} entries - with an `id` each, and maybe a `file`
   * @returns {Promise<object[]>} those whose file did not fit on the disk
   */
  async add(entries) {
    const unkept = [];
    for (let at = 0; at < entries.length && this.keeps; at += BATCH) {
      const batch = entries.slice(at, at + BATCH);
      await this.#write(['photos'], ([photos]) => batch.forEach((entry) => photos.put(record(entry))));
      const withFile = batch.filter(({ file }) => file);
      const write = ([files]) => withFile.forEach(({ id, file }) => files.put(file, id));
      await this.#write(['files'], write).catch(() => unkept.push(...withFile));
    }
    return unkept;
  }

  /** Writes the changed fields of one photo, and leaves what another tab has written beside them. */
  async update(id, changes) {
    if (!this.keeps) return;
    await this.#write(['photos'], ([photos]) => {
      const reading = photos.get(id);
      // Cleared meanwhile: nothing comes back.
      reading.onsuccess = () => reading.result && photos.put({ ...reading.result, ...changes });
    });
  }

  /** @returns {Promise<boolean>} whether there was room for them */
  async keepPictures(id, pictures) {
    if (!this.keeps) return false;
    return this.#write(['pictures'], ([store]) => store.put(pictures, id)).then(
      () => true,
      () => false,
    );
  }

  async keepFile(id, file) {
    await this.#write(['files'], ([store]) => store.put(file, id)).catch(() => undefined);
  }

  async file(id) {
    return this.#get('files', id);
  }

  async pictures(id) {
    return this.#get('pictures', id);
  }

  async setting(name) {
    return this.#get(SETTINGS, name);
  }

  async set(name, value) {
    await this.#write([SETTINGS], ([store]) => store.put(value, name)).catch(() => undefined);
  }

  async clear() {
    if (this.keeps) await this.#write(STORES, (stores) => stores.forEach((store) => store.clear()));
  }

  async #get(store, key) {
    if (!this.keeps) return undefined;
    return answer(this.#database.transaction(store).objectStore(store).get(key)).catch(() => undefined);
  }

  #write(names, change) {
    if (!this.keeps) return Promise.resolve();
    const transaction = this.#database.transaction(names, 'readwrite');
    change(names.map((name) => transaction.objectStore(name)));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

/** What is kept of an entry in the list: no file, and nothing that only this tab knows. */
function record({ id, order, path, size, modified, source, result, problem, reviewed, note }) {
  return { id, order, path, size, modified, source, result, problem, reviewed, note };
}

function openDatabase() {
  const opening = indexedDB.open(NAME, VERSION);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore('photos', { keyPath: 'id' });
    for (const name of ['files', 'pictures', SETTINGS]) opening.result.createObjectStore(name);
  };
  return answer(opening);
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
