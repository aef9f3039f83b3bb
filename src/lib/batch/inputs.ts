import { createReadStream } from 'node:fs';
import { opendir, open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { linesOf } from '../files/lines.js';
import { hasPictureName, recogniseFormat, SNIFF_BYTES } from '../image/decode/formats.js';
import type { ManifestEntry } from './manifest.js';
import { listS3Images } from './s3-images.js';
import { isS3 } from './store/s3.js';

export interface KeySources {
  inputs: readonly string[];
  /** Files with one path or URL a line. */
  lists: readonly string[];
  /** Folders to leave out: the run's own. */
  exclude: readonly string[];
}

/** The images that inputs stand for, one after the other, so that ten million take no more memory than ten. */
export async function* findKeys({ inputs, lists, exclude }: KeySources): AsyncGenerator<ManifestEntry> {
  const excluded = await Promise.all(
    exclude.map(async (folder) => realpath(folder).catch(() => path.resolve(folder))),
  );
  for (const input of inputs) {
    if (isS3(input)) yield* listS3Images(input);
    else if (await isFolder(input)) {
      for await (const key of filesBelow(input, excluded)) yield { key };
    } else {
      yield { key: input };
    }
  }
  for (const list of lists) yield* listedKeys(list);
}

/** The folders among inputs, absolute. */
export async function inputFolders(inputs: readonly string[]): Promise<string[]> {
  const folders: string[] = [];
  for (const input of inputs) if (await isFolder(input)) folders.push(path.resolve(input));
  return folders;
}

async function* filesBelow(folder: string, excluded: readonly string[]): AsyncGenerator<string> {
  if (excluded.includes(await realpath(folder))) return;
  const names: string[] = [];
  const folders: string[] = [];
  for await (const entry of await opendir(folder)) {
    if (entry.name.startsWith('.')) continue;
    const isLink = entry.isSymbolicLink();
    if (entry.isDirectory() || (isLink && (await isFolder(path.join(folder, entry.name)))))
      folders.push(entry.name);
    else if (entry.isFile() || isLink) names.push(entry.name);
  }
  // A run is the same wherever it is planned, whatever order the disk gives.
  for (const name of names.sort()) {
    const file = path.join(folder, name);
    if (hasPictureName(name) || (await looksLikeImage(file))) yield file;
  }
  for (const name of folders.sort()) yield* filesBelow(path.join(folder, name), excluded);
}

async function looksLikeImage(file: string): Promise<boolean> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
      return recogniseFormat(buffer.subarray(0, bytesRead))?.isPicture ?? false;
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
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

async function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
