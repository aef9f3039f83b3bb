import { open, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import fastGlob from 'fast-glob';
import pMap from 'p-map';
import { OfxError, systemCode } from '../core/errors.js';
import { hasPictureName, READABLE, recogniseFormat, SNIFF_BYTES } from '../image/decode/formats.js';

/** One image to look at, or an input that cannot become one. */
export interface InputFile {
  /** The path as people gave it or as it was found. */
  image: string;
  /** Where it lies below the folder it was found in, with `/`; outputs mirror this path. */
  below: string;
  error?: OfxError;
}

export interface InputFiles {
  files: InputFile[];
  /** One file, named directly: its outputs are files, not folders. */
  single: boolean;
  /** Files in given folders that are no images. */
  ignored: number;
}

/** Files that are looked at side by side. */
const LOOKS = 16;

/** Stands for a list of paths on stdin, one a line. */
export const STDIN = '-';

/**
 * The images that inputs stand for, in the order of the inputs: files, folders (recursive), globs, and `-` for a list of
 * paths on stdin. A file named directly is always an input; of a folder or glob, files that are images by content, or by
 * name and then perhaps damaged. Hidden files and the given output folders are left out, and no file comes twice. Links to
 * folders are followed, except below the `**` of a glob, as shells do.
 *
 * @throws {OfxError} NO_IMAGES where nothing is left, USAGE where stdin holds no list of paths
 */
export async function findInputFiles(
  inputs: readonly string[],
  { stdin = process.stdin, exclude = [] }: { stdin?: Readable; exclude?: readonly string[] } = {},
): Promise<InputFiles> {
  const places = new Places();
  const named: string[] = [];
  const sources: (Search | 'named')[] = [];
  for (const input of await withStdin(inputs, stdin)) {
    const kind = await kindOf(input);
    if (kind === 'folder') sources.push({ base: input });
    else if (kind === 'missing' && fastGlob.isDynamicPattern(input)) {
      sources.push({ ...splitGlob(input), glob: input });
    } else {
      named.push(input);
      sources.push('named');
    }
  }
  const excluded = await Promise.all(exclude.map(realFolder));
  const namedInOrder = (await namedFiles(named)).values();
  const found = new Map<string, InputFile>();
  let ignored = 0;
  for (const source of sources) {
    if (source === 'named') {
      const file = namedInOrder.next().value!;
      const place = await places.of(file.image);
      // A folder that holds it too says better where it lies.
      if (!found.has(place)) found.set(place, file);
      continue;
    }
    const search = await searchImages(source, excluded, places);
    for (const [place, file] of search.files) found.set(place, file);
    ignored += search.ignored;
  }
  const files = [...found.values()];
  if (files.length === 0) throw noImages(inputs);
  const single = named.length === sources.length && files.length === 1 && !inputs.includes(STDIN);
  return { files, single, ignored };
}

function noImages(inputs: readonly string[]): OfxError {
  if (inputs.every((input) => input === STDIN)) {
    return new OfxError('NO_IMAGES', 'Standard input names no paths.', {
      suggestion: 'Write one path a line, e.g. find photos -name "*.jpg" | ofx predict -',
    });
  }
  return new OfxError('NO_IMAGES', `There is no image in ${inputs.join(', ')}.`, {
    suggestion: `ofx reads ${READABLE}, told by their content.`,
  });
}

/** A folder, or what of it matches a pattern. */
interface Search {
  base: string;
  pattern?: string;
  glob?: string;
}

/** A file below a folder, or a link to none. */
interface FoundFile {
  below: string;
  isBroken: boolean;
}

async function withStdin(inputs: readonly string[], stdin: Readable): Promise<string[]> {
  const all: string[] = [];
  for (const input of inputs) {
    if (input === STDIN) all.push(...(await readPaths(stdin)));
    else all.push(input);
  }
  return all;
}

async function readPaths(stdin: Readable): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk as string);
    if (bytes.includes(0)) {
      throw new OfxError('USAGE', 'Standard input holds no list of paths but binary data.', {
        suggestion: 'Name the image itself, or write one path a line.',
      });
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .split(/\r\n|\n|\r/)
    .filter((line) => line !== '');
}

async function namedFiles(named: readonly string[]): Promise<InputFile[]> {
  const below = placesBelow(named);
  return Promise.all(
    named.map(async (image, index) => {
      const file: InputFile = { image, below: below[index]! };
      if ((await kindOf(image)) === 'missing') {
        file.error = new OfxError('INPUT_MISSING', `There is no file ${image}.`, {
          suggestion: 'Check the path.',
        });
      }
      return file;
    }),
  );
}

async function searchImages(
  { base, pattern, glob }: Search,
  excluded: readonly string[],
  places: Places,
): Promise<{ files: Map<string, InputFile>; ignored: number }> {
  const found = pattern === undefined ? await filesBelow(base) : await filesMatching(base, pattern);
  const files = new Map<string, InputFile>();
  if (glob !== undefined && found.length === 0) {
    const error = new OfxError('INPUT_MISSING', `No file matches ${glob}.`, {
      suggestion: 'Check the pattern.',
    });
    files.set(glob, { image: glob, below: path.basename(glob), error });
    return { files, ignored: 0 };
  }
  let ignored = 0;
  for (const { below, isBroken } of found.sort((a, b) => (a.below < b.below ? -1 : 1))) {
    const image = path.join(base, below);
    const place = await places.of(image);
    if (files.has(place) || excluded.some((folder) => isBelow(place, folder))) continue;
    if (isBroken && hasPictureName(below)) files.set(place, { image, below, error: brokenLink(image) });
    else if (hasPictureName(below) || (await looksLikeImage(image))) files.set(place, { image, below });
    else ignored++;
  }
  return { files, ignored };
}

function brokenLink(image: string): OfxError {
  return new OfxError('INPUT_MISSING', `There is no file behind the link ${image}.`, {
    suggestion: 'Point the link at an image, or remove it.',
  });
}

/** All that is not hidden, each real folder once: links may lead to a folder again, or in a circle. */
async function filesBelow(base: string): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  const visited = new Set<string>();
  const folders = [''];
  // Visited last, so that a folder's own name goes before a link's.
  const linked: string[] = [];
  for (;;) {
    const folder = folders.pop() ?? linked.shift();
    if (folder === undefined) return files;
    const real = await realFolder(path.join(base, folder));
    if (visited.has(real)) continue;
    visited.add(real);
    // A folder that cannot be read is left out.
    for (const entry of await readdir(real, { withFileTypes: true }).catch(() => [])) {
      if (entry.name.startsWith('.')) continue;
      const below = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) folders.push(below);
      else if (entry.isFile()) files.push({ below, isBroken: false });
      else if (entry.isSymbolicLink()) {
        const kind = await kindOf(path.join(base, below));
        if (kind === 'folder') linked.push(below);
        else if (kind !== 'special') files.push({ below, isBroken: kind === 'missing' });
      }
    }
  }
}

async function filesMatching(base: string, pattern: string): Promise<FoundFile[]> {
  const entries = await fastGlob(pattern, {
    cwd: base,
    onlyFiles: false,
    suppressErrors: true,
    // Links in a circle would be followed for ever.
    followSymbolicLinks: !pattern.includes('**'),
  });
  const kinds = await pMap(entries, async (below) => kindOf(path.join(base, below)), { concurrency: LOOKS });
  return entries.flatMap((below, index) =>
    kinds[index] === 'file' || kinds[index] === 'missing'
      ? { below, isBroken: kinds[index] === 'missing' }
      : [],
  );
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
    // Without an image's name and without a readable content nothing speaks for it.
    return false;
  }
}

async function kindOf(input: string): Promise<'folder' | 'file' | 'special' | 'missing'> {
  try {
    const found = await stat(input);
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'special';
  } catch (error) {
    // Anything but "not there" is told when the file is read.
    return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '') ? 'missing' : 'file';
  }
}

function splitGlob(glob: string): { base: string; pattern: string } {
  const parts = toPosix(glob).split('/');
  const first = parts.findIndex((part) => part !== '' && fastGlob.isDynamicPattern(part));
  return {
    base: parts.slice(0, first).join('/') || (glob.startsWith('/') ? '/' : '.'),
    pattern: parts.slice(first).join('/'),
  };
}

/**
 * Where each file lies below the deepest folder that holds them all, with `/`. Files of several drives have none; there the
 * drive becomes a folder.
 *
 * @param flavour the system's way of writing paths
 */
export function placesBelow(files: readonly string[], flavour: path.PlatformPath = path): string[] {
  if (files.length === 0) return [];
  const absolute = files.map((file) => {
    const { root } = flavour.parse(flavour.resolve(file));
    return { root, folders: flavour.resolve(file).slice(root.length).split(flavour.sep) };
  });
  const oneRoot = new Set(absolute.map(({ root }) => root.toLowerCase())).size <= 1;
  const paths = absolute.map(({ root, folders }) => [...(oneRoot ? [] : rootFolders(root)), ...folders]);
  const shortest = Math.min(...paths.map(({ length }) => length)) - 1;
  let depth = 0;
  while (depth < shortest && paths.every((parts) => parts[depth] === paths[0]![depth])) depth++;
  return paths.map((parts) => parts.slice(depth).join('/'));
}

/** `C:\` as `C`, `\\server\share\` as `server` and `share`. */
function rootFolders(root: string): string[] {
  return root.split(/[\\/:]+/).filter((part) => part !== '');
}

/**
 * Where files are: the name in the real folder, by whatever links a path leads there. A file that is itself a link stays
 * one of its own, as collections that store equal files once give them several names.
 */
class Places {
  readonly #folders = new Map<string, Promise<string>>();

  async of(file: string): Promise<string> {
    const folder = path.dirname(path.resolve(file));
    const real = this.#folders.get(folder) ?? realFolder(folder);
    this.#folders.set(folder, real);
    return path.join(await real, path.basename(file));
  }
}

async function realFolder(folder: string): Promise<string> {
  return realpath(folder).catch(() => path.resolve(folder));
}

function isBelow(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}

function toPosix(file: string): string {
  return file.split(path.sep).join('/');
}
