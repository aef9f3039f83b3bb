import { createReadStream } from 'node:fs';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { linesOf } from '../files/lines.js';
import { ImageSearch, type InputFile, type OnSkipped } from '../inputs/find-images.js';
import { isAboutImage, Unfit } from './failures.js';
import type { ManifestEntry } from './manifest.js';
import { listS3Images } from './s3-images.js';
import { isS3 } from './store/s3.js';
import { isFolder } from '../files/exists.js';

export interface KeySources {
  inputs: readonly string[];
  /** Files with one path or URL a line. */
  lists: readonly string[];
  /** Folders to leave out: the run's own. */
  exclude: readonly string[];
}

/**
 * The images that inputs stand for, one after the other, so that ten million take no more memory than ten. Whatever cannot be
 * listed or opened is an entry, too.
 *
 * @param onSkipped - told of each file of a folder that is no input
 * @throws {Unfit} where a disk or share went away: what was not seen must not count as not there
 */
export async function* findKeys(
  { inputs, lists, exclude }: KeySources,
  onSkipped?: OnSkipped,
): AsyncGenerator<ManifestEntry> {
  for (const input of inputs) {
    if (isS3(input)) yield* listS3Images(input);
    else yield* searchedKeys(input, exclude, onSkipped);
  }
  for (const list of lists) yield* listedKeys(list);
}

/** The folders among inputs, absolute. */
export async function inputFolders(inputs: readonly string[]): Promise<string[]> {
  const folders: string[] = [];
  for (const input of inputs) if (await isFolder(input)) folders.push(path.resolve(input));
  return folders;
}

/** As `ofx predict` finds them. */
async function* searchedKeys(
  input: string,
  exclude: readonly string[],
  onSkipped: OnSkipped | undefined,
): AsyncGenerator<ManifestEntry> {
  // One search an input: what several of them name is counted as a duplicate.
  const search = await ImageSearch.open([input], { exclude, photosOnly: true, needsPlaces: false });
  try {
    for await (const file of search.files(onSkipped)) yield entryOf(file);
  } catch (error) {
    // Other inputs may have some.
    if (!(error instanceof OfxError) || error.code !== 'NO_IMAGES') throw error;
  } finally {
    await search.close();
  }
}

function entryOf({ image, error }: InputFile): ManifestEntry {
  // A worker sees for itself whether a file is missing where it runs.
  if (!error || error.code === 'INPUT_MISSING') return { key: image };
  if (!isAboutImage(error)) throw new Unfit(error);
  return { key: image, error: { code: error.code, message: error.message } };
}

async function* listedKeys(list: string): AsyncGenerator<ManifestEntry> {
  const stream = createReadStream(list);
  try {
    for await (const line of linesOf(stream)) {
      if (line !== '') yield { key: line };
    }
  } catch (error) {
    throw new OfxError(
      systemCode(error) === 'ENOENT' ? 'INPUT_MISSING' : 'INPUT_UNREADABLE',
      `The list ${list} cannot be read: ${(error as Error).message}.`,
      { suggestion: 'Check the path given by --list.', cause: error },
    );
  }
}
