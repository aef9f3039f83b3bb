import path from 'node:path';
import { foldedName } from '../../text/names.js';

/** Files that may be maps, the best kind first where several have one name. */
const ENDINGS = ['.npz', '.npy', '.png', '.tif', '.tiff', '.bmp', '.jpg', '.jpeg'];

/** What programs add to an image's name. */
const ADDED = /[._-](mask|pred|prediction|prob|probability|heatmap|map)$/;

/** photoholmes writes a folder for each image, and this into it. */
const IN_FOLDER = /\/output$/;

/** Whether a file may be a map, by its name. */
export function mayBeMap(name: string): boolean {
  return ENDINGS.includes(path.posix.extname(name).toLowerCase());
}

export interface Matches<T> {
  /** By the image's name. */
  found: Map<string, T>;
  /** Images that several predictions may belong to, or whose prediction another image may have, too. */
  ambiguous: Set<string>;
  /** Predictions that belong to no image. */
  unmatched: string[];
}

/**
 * Finds the prediction of each image by name: at the same place below the folder, or else by as much of the end of the path as
 * tells it apart; `x.jpg` may be `x.png`, `x.jpg.npz`, `x_mask.png` or `x/output.npz`, in any case.
 *
 * @param predictions by their paths below the folder, with `/`
 */
export function matchPredictions<T>(
  images: readonly string[],
  predictions: ReadonlyMap<string, T>,
): Matches<T> {
  const found = new Map<string, T>();
  const ambiguous = new Set<string>();
  const taken = new Set<string>();
  const files = [...predictions.keys()];
  const settle = (keyOf: (file: string) => string, endsOf: (key: string) => readonly string[]): void => {
    const groups = new Map<string, string[]>();
    for (const file of files) if (!taken.has(keyWithoutAdded(file))) push(groups, keyOf(file), file);
    const index = new Map<string, string[]>();
    for (const key of groups.keys()) for (const end of endsOf(key)) push(index, end, key);
    const claims = new Map<string, string[]>();
    for (const image of images) {
      if (found.has(image) || ambiguous.has(image)) continue;
      const names = [foldedName(image), foldedName(withoutEnding(image))].flatMap(endsOf);
      const keys = names.map((name) => index.get(name)).find((list) => list !== undefined);
      if (!keys) continue;
      if (keys.length > 1) ambiguous.add(image);
      else push(claims, keys[0]!, image);
    }
    for (const [key, claimants] of claims) {
      const [best] = groups.get(key)!.sort((a, b) => rank(a) - rank(b));
      taken.add(keyWithoutAdded(best!));
      if (claimants.length > 1) claimants.forEach((image) => ambiguous.add(image));
      else found.set(claimants[0]!, predictions.get(best!)!);
    }
  };
  for (const endsOf of [(key: string) => [key], ends]) {
    settle(keyAsNamed, endsOf);
    settle(keyWithoutAdded, endsOf);
  }
  return { found, ambiguous, unmatched: files.filter((file) => !taken.has(keyWithoutAdded(file))) };
}

/** The name of the image that a file may be the map of. */
function keyAsNamed(file: string): string {
  return foldedName(withoutEnding(file)).replace(IN_FOLDER, '');
}

/** The same without what programs add; files of one such key are about one image. */
function keyWithoutAdded(file: string): string {
  return keyAsNamed(file).replace(ADDED, '');
}

function rank(file: string): number {
  return ENDINGS.indexOf(path.posix.extname(file).toLowerCase());
}

function push(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/** Ends of a path, longest first: `a/b/c`, `b/c`, `c`. */
function ends(name: string): string[] {
  const parts = name.split('/');
  return parts.map((_, from) => parts.slice(from).join('/'));
}

function withoutEnding(name: string): string {
  return name.replace(/(?<=[^/])\.[^./]+$/, '');
}
