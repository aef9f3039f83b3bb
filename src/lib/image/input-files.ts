import { createInterface } from 'node:readline';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import fastGlob from 'fast-glob';
import { OfxError, systemCode } from '../errors.js';
import { recogniseFormat } from './format.js';

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

/** Enough bytes for every signature that {@link recogniseFormat} knows. */
const SNIFF_BYTES = 1024;

/** Stands for a list of paths on stdin, one a line. */
export const STDIN = '-';

/**
 * The images that inputs stand for: files, folders (recursive), globs, and `-` for a list of paths on stdin. A file named
 * directly is always an input; of a folder or glob, files that are images by content, or by name and then perhaps
 * damaged. Hidden files and the given output folders are left out, and no file comes twice.
 *
 * @throws {OfxError} NO_IMAGES where nothing is left
 */
export async function findInputFiles(
  inputs: readonly string[],
  { stdin = process.stdin, exclude = [] }: { stdin?: Readable; exclude?: readonly string[] } = {},
): Promise<InputFiles> {
  const named: string[] = [];
  const searches: Search[] = [];
  for (const input of await withStdin(inputs, stdin)) {
    const kind = await kindOf(input);
    if (kind === 'folder') searches.push({ base: input, pattern: '**' });
    else if (kind === 'missing' && fastGlob.isDynamicPattern(input)) {
      const { base, pattern } = splitGlob(input);
      searches.push({ base, pattern, glob: input });
    } else named.push(input);
  }
  const found = await Promise.all(searches.map((search) => searchImages(search, exclude)));
  const files = unique([...(await namedFiles(named)), ...found.flatMap(({ files }) => files)]);
  if (files.length === 0) {
    throw new OfxError('NO_IMAGES', `There is no image in ${inputs.join(', ')}.`, {
      suggestion: 'Images are JPEG, PNG, WebP, TIFF, AVIF, GIF or BMP files, told by their content.',
    });
  }
  const single = searches.length === 0 && files.length === 1 && !inputs.includes(STDIN);
  return { files, single, ignored: found.reduce((sum, { ignored }) => sum + ignored, 0) };
}

interface Search {
  base: string;
  pattern: string;
  glob?: string;
}

async function withStdin(inputs: readonly string[], stdin: Readable): Promise<string[]> {
  const all: string[] = [];
  for (const input of inputs) {
    if (input !== STDIN) all.push(input);
    else
      for await (const line of createInterface({ input: stdin, crlfDelay: Infinity }))
        if (line !== '') all.push(line);
  }
  return all;
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
  exclude: readonly string[],
): Promise<{ files: InputFile[]; ignored: number }> {
  const names = await fastGlob(pattern, { cwd: base, onlyFiles: true, suppressErrors: true, unique: true });
  if (glob !== undefined && names.length === 0) {
    const error = new OfxError('INPUT_MISSING', `No file matches ${glob}.`, {
      suggestion: 'Check the pattern.',
    });
    return { files: [{ image: glob, below: path.basename(glob), error }], ignored: 0 };
  }
  const outside = names
    .filter((name) => !exclude.some((folder) => isBelow(path.resolve(base, name), path.resolve(folder))))
    .sort((a, b) => (a < b ? -1 : 1));
  const files: InputFile[] = [];
  for (const below of outside) {
    const image = path.join(base, below);
    if (hasImageName(below) || (await looksLikeImage(image))) files.push({ image, below });
  }
  return { files, ignored: outside.length - files.length };
}

function hasImageName(name: string): boolean {
  return /\.(jpe?g|jpe|jfif|png|webp|tiff?|avif|gif|bmp|dib|hei[cf])$/i.test(name);
}

async function looksLikeImage(file: string): Promise<boolean> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
      const recognised = recogniseFormat(buffer.subarray(0, bytesRead));
      return recognised !== undefined && 'format' in recognised;
    } finally {
      await handle.close();
    }
  } catch {
    // Without an image's name and without a readable content nothing speaks for it.
    return false;
  }
}

async function kindOf(input: string): Promise<'folder' | 'file' | 'missing'> {
  try {
    return (await stat(input)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    // Anything but "not there" is told when the file is read.
    return ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '') ? 'missing' : 'file';
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

function unique(files: readonly InputFile[]): InputFile[] {
  return [...new Map(files.map((file) => [path.resolve(file.image), file])).values()];
}

function isBelow(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}

function toPosix(file: string): string {
  return file.split(path.sep).join('/');
}
