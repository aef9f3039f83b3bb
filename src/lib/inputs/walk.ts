import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { opendir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { KeyTable } from '../files/key-table.js';
import { hasImageName } from '../image/decode/formats.js';
import { foldedName } from '../text/names.js';
import {
  brokenLink,
  notText,
  shownBytes,
  specialFile,
  unsearchable,
  type InputFile,
  type OnSkipped,
} from './input-file.js';
import { kindOf, looksLike } from './kind.js';
import { imageNamesOfMask, isMaskFolder, nameStem } from './mask-names.js';
import { patiently } from './patiently.js';
import { isBelow, realFolder } from './places.js';

/** Names that are asked for at once. */
const NAMES_AT_ONCE = 256;

export interface WalkOptions {
  /** Real folders that are passed over with all that is in them. */
  excluded: readonly string[];
  /** Real folders that were searched already; added to. */
  visited: Set<string>;
  /** Pass over ground truth that lies beside its photos, and images that `ofx` wrote. */
  photosOnly: boolean;
  onSkipped: OnSkipped;
}

/** A folder that is to be searched. */
interface Place {
  /** From the folder where the search began, with `/`. */
  below: string;
  /** Photos whose ground truth it may hold, by their folded names; only of folders that are named like that. */
  photos?: KeyTable | undefined;
}

/** What a folder holds. Only the names of one folder are in memory at a time. */
interface Listing {
  files: string[];
  folders: string[];
  links: string[];
  /** Pipes, sockets and devices. */
  specials: string[];
  /** Folders, and files named like images, whose names begin with a dot. */
  hidden: string[];
  /** Names that are not UTF-8. */
  unnamed: Buffer[];
  /** Why the rest of it is unknown. */
  failure?: unknown;
}

/**
 * All that is not hidden in a folder (hidden images and folders are told as skipped), each real folder once: links may lead to a folder again, or in a circle. In the order
 * of the paths; what lies behind links to folders comes last, so that a folder's own name goes before a link's. Whatever
 * cannot be listed is a failed input.
 */
export async function* walk(base: string, options: WalkOptions): AsyncGenerator<InputFile> {
  const linked: Place[] = [];
  const first: Place[] = [{ below: '' }];
  for (const queue of [first, linked]) {
    for (let place = queue.shift(); place !== undefined; place = queue.shift()) {
      yield* walkFolder(base, place, options, linked);
    }
  }
}

async function* walkFolder(
  base: string,
  place: Place,
  options: WalkOptions,
  linked: Place[],
): AsyncGenerator<InputFile> {
  const folder = path.join(base, place.below);
  const real = await realFolder(folder);
  const isExcluded = options.excluded.some((excluded) => real === excluded || isBelow(real, excluded));
  if (isExcluded || options.visited.has(real)) return;
  options.visited.add(real);

  const listing = await list(folder);
  for (const name of listing.hidden) options.onSkipped(path.join(folder, name), 'hidden');
  for (const name of listing.unnamed) yield* unnamedInput(folder, place, name, options);
  const photos = options.photosOnly ? stemsOf(listing.files) : undefined;
  // A folder's files and folders take turns as their paths do, where "/" goes before letters.
  const entries = [
    ...listing.files.map((name) => ({ name, key: name, isFolder: false })),
    ...listing.links.map((name) => ({ name, key: name, isFolder: false })),
    ...listing.specials.map((name) => ({ name, key: name, isFolder: false })),
    ...listing.folders.map((name) => ({ name, key: `${name}/`, isFolder: true })),
  ].sort((a, b) => (a.key < b.key ? -1 : 1));
  const links = new Set(listing.links);
  const specials = new Set(listing.specials);
  for (const { name, isFolder } of entries) {
    const below = path.posix.join(place.below, name);
    if (isFolder) {
      const inner: Place = { below };
      if (options.photosOnly && isMaskFolder(name)) inner.photos = await photosBeside(folder, name, listing);
      else inner.photos = place.photos;
      yield* walkFolder(base, inner, options, linked);
      continue;
    }
    if (links.has(name)) {
      const kind = await kindOf(path.join(folder, name));
      if (kind === 'folder') linked.push({ below });
      else if (kind === 'missing') {
        const image = path.join(folder, name);
        if (hasImageName(name)) yield { image, below, error: brokenLink(image) };
        else options.onSkipped(image, 'no-image');
      }
      if (kind === 'special') specials.add(name);
      if (kind === 'folder' || kind === 'missing') continue;
    }
    if (specials.has(name)) {
      const image = path.join(folder, name);
      if (hasImageName(name)) yield { image, below, error: specialFile(image) };
      else options.onSkipped(image, 'no-image');
      continue;
    }
    const found = await examine(path.join(folder, name), name, below, place, photos, options);
    if (found) yield found;
  }
  if (listing.failure !== undefined) {
    yield {
      image: folder,
      below: place.below || path.basename(folder),
      error: unsearchable(folder, listing.failure),
    };
  }
}

async function examine(
  image: string,
  name: string,
  below: string,
  place: Place,
  photos: KeyTable | undefined,
  { onSkipped, photosOnly }: WalkOptions,
): Promise<InputFile | undefined> {
  const kind = await looksLike(image, name);
  if (kind === 'no-image' || (kind === 'own-output' && photosOnly)) {
    onSkipped(image, kind);
    return undefined;
  }
  if (photosOnly && isGroundTruth(name, photos, place.photos)) {
    onSkipped(image, 'ground-truth');
    return undefined;
  }
  return { image, below };
}

/** A mask beside its photo has a name of its own; one in a folder of masks may be called like the photo. */
function isGroundTruth(
  name: string,
  beside: KeyTable | undefined,
  ofMaskFolder: KeyTable | undefined,
): boolean {
  const [own, bare] = imageNamesOfMask(name);
  if (bare !== undefined && beside?.has(bare)) return true;
  return [own, bare].some((key) => key !== undefined && ofMaskFolder?.has(key));
}

/** A name that is no text cannot be opened by it; whether it is an image can be told all the same. */
async function* unnamedInput(
  folder: string,
  place: Place,
  name: Buffer,
  { onSkipped }: WalkOptions,
): AsyncGenerator<InputFile> {
  const shown = shownBytes(name);
  const image = path.join(folder, shown);
  const bytes = Buffer.concat([Buffer.from(`${folder}${path.sep}`), name]);
  const listable = await readdir(bytes).then(
    () => true,
    () => false,
  );
  if (!listable && (await looksLike(bytes, name.toString('latin1'))) === 'no-image') {
    onSkipped(image, 'no-image');
    return;
  }
  yield { image, below: path.posix.join(place.below, shown), error: notText(image) };
}

async function list(folder: string): Promise<Listing> {
  const listing: Listing = { files: [], folders: [], links: [], specials: [], hidden: [], unnamed: [] };
  try {
    const entries = await patiently(async () =>
      opendir(folder, { bufferSize: NAMES_AT_ONCE, encoding: 'buffer' as BufferEncoding }),
    );
    for await (const entry of entries) {
      const bytes = entry.name as unknown as Buffer;
      const name = bytes.toString('utf8');
      if (name.startsWith('.')) {
        if (mayHoldImages(name, entry)) listing.hidden.push(name);
      } else if (!isUtf8(bytes)) listing.unnamed.push(Buffer.from(bytes));
      else if (entry.isDirectory()) listing.folders.push(name);
      else if (entry.isFile()) listing.files.push(name);
      else if (entry.isSymbolicLink()) listing.links.push(name);
      else listing.specials.push(name);
    }
  } catch (error) {
    listing.failure = error;
  }
  return listing;
}

/** What begins with a dot is left out, and said where it may be missed. macOS writes `._x.jpg` beside `x.jpg`, which is none. */
function mayHoldImages(name: string, entry: Dirent): boolean {
  return entry.isDirectory() || (hasImageName(name) && !name.startsWith('._'));
}

/** The names of images without their endings, and with: `x.jpg.png` is a mask of `x.jpg`. */
function stemsOf(files: readonly string[], into = new KeyTable()): KeyTable {
  for (const name of files) {
    if (!hasImageName(name)) continue;
    into.add(nameStem(foldedName(name)));
    into.add(foldedName(name));
  }
  return into;
}

/** The photos in the folder above a folder of masks, and in the folders beside it. */
async function photosBeside(parent: string, masks: string, { files, folders }: Listing): Promise<KeyTable> {
  const photos = stemsOf(files);
  const others = folders
    .filter((name) => name !== masks && !isMaskFolder(name))
    .map((name) => path.join(parent, name));
  for (let folder = others.pop(); folder !== undefined; folder = others.pop()) {
    // What cannot be listed is told where it is searched.
    const inside = await list(folder);
    stemsOf(inside.files, photos);
    stemsOf(inside.links, photos);
    others.push(
      ...inside.folders.filter((name) => !isMaskFolder(name)).map((name) => path.join(folder, name)),
    );
  }
  return photos;
}
