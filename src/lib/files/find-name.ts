import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '../core/errors.js';
import { nameKey } from '../text/names.js';

/** Folders whose names are kept; lists go from folder to folder, and seldom back. */
const KEPT_FOLDERS = 64;

/**
 * Finds files whose names are written in another Unicode form on the disk than in a list: `é` as one character, or as `e`
 * and an accent. Folders that were looked through are remembered, so one of these serves one list.
 */
export class NameFinder {
  readonly #folders = new Map<string, Promise<Map<string, string>>>();

  /** The path under which a file is there: as it was given where that is so, or where there is none in any form. */
  async find(file: string): Promise<string> {
    // ASCII has one form only.
    if (!/[^\0-\x7f]/.test(file) || (await isThere(file))) return file;
    return (await this.#findParts(file)) ?? file;
  }

  async #findParts(file: string): Promise<string | undefined> {
    const folder = path.dirname(file);
    if (folder === file) return undefined;
    const found = (await isThere(folder)) ? folder : await this.#findParts(folder);
    if (found === undefined) return undefined;
    const name = path.basename(file);
    const known = (await this.#names(found)).get(nameKey(name));
    // What was given relatively or with "./" stays so.
    if (known !== undefined) return path.join(found, known);
    return (await isThere(path.join(found, name))) ? path.join(found, name) : undefined;
  }

  /** Of the names in a folder those that can be written in several forms, by their composed form. */
  async #names(folder: string): Promise<Map<string, string>> {
    const known = this.#folders.get(folder) ?? readNames(folder);
    this.#folders.delete(folder);
    this.#folders.set(folder, known);
    if (this.#folders.size > KEPT_FOLDERS) this.#folders.delete(this.#folders.keys().next().value!);
    return known;
  }
}

async function readNames(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder).catch(() => []);
  return new Map(names.filter((name) => /[^\0-\x7f]/.test(name)).map((name) => [nameKey(name), name]));
}

/** Whatever else is wrong with a file is told by whoever opens it. */
async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: unknown) => !['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? ''),
  );
}
