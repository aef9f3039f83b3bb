import { realpath } from 'node:fs/promises';
import path from 'node:path';

/** Files whose status is asked for side by side. */
export const STAT_CONCURRENCY = 16;

/** Folders whose real place is remembered. */
const KEPT_FOLDERS = 4096;

/**
 * Where files are: the name in the real folder, by whatever links a path leads there. A file that is itself a link stays
 * one of its own, as collections that store equal files once give them several names.
 */
export class RealPaths {
  readonly #folders = new Map<string, Promise<string>>();

  async of(file: string): Promise<string> {
    const folder = path.dirname(path.resolve(file));
    const real = this.#folders.get(folder) ?? realFolder(folder);
    if (this.#folders.size >= KEPT_FOLDERS) this.#folders.clear();
    this.#folders.set(folder, real);
    return path.join(await real, path.basename(file));
  }
}

export async function realFolder(folder: string): Promise<string> {
  return realpath(folder).catch(() => path.resolve(folder));
}

export function isBelow(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}

/**
 * The deepest folder that holds all of many files, found one after the other, and where each lies below it. Files of several
 * drives have none; there the drive becomes a folder.
 */
export class CommonFolder {
  readonly #roots = new Set<string>();
  #shared: string[] | undefined;

  /** @param flavour the system's way of writing paths */
  constructor(private readonly flavour: path.PlatformPath = path) {}

  add(file: string): void {
    const { root, parts } = this.#split(file);
    this.#roots.add(root.toLowerCase());
    const folders = parts.slice(0, -1);
    const known = this.#shared ?? folders;
    const differs = known.findIndex((part, index) => part !== folders[index]);
    this.#shared = differs < 0 ? known : known.slice(0, differs);
  }

  /** With `/`. */
  placeOf(file: string): string {
    const { root, parts } = this.#split(file);
    const place =
      this.#roots.size <= 1 ? parts.slice(this.#shared?.length ?? 0) : [...rootFolders(root), ...parts];
    return place.join('/');
  }

  #split(file: string): { root: string; parts: string[] } {
    const absolute = this.flavour.resolve(file);
    const { root } = this.flavour.parse(absolute);
    return { root, parts: absolute.slice(root.length).split(this.flavour.sep) };
  }
}

/** Where each file lies below the deepest folder that holds them all. */
export function placesBelow(files: readonly string[], flavour: path.PlatformPath = path): string[] {
  const common = new CommonFolder(flavour);
  for (const file of files) common.add(file);
  return files.map((file) => common.placeOf(file));
}

/** `C:\` as `C`, `\\server\share\` as `server` and `share`. */
function rootFolders(root: string): string[] {
  return root.split(/[\\/:]+/).filter((part) => part !== '');
}
