import { createReadStream, createWriteStream, readdir, type Dirent } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fastGlob from 'fast-glob';
import { pMapIterable } from 'p-map';
import { OfxError, systemCode } from '../core/errors.js';
import { NameFinder } from '../files/find-name.js';
import { KeyTable } from '../files/key-table.js';
import { hasImageName, READABLE } from '../image/decode/formats.js';
import {
  brokenLink,
  missing,
  nothingMatches,
  notText,
  specialFile,
  unsearchable,
  type InputFile,
  type OnSkipped,
  type SkipReason,
} from './input-file.js';
import { kindOf, looksLike } from './kind.js';
import { CommonFolder, isBelow, RealPaths, realFolder, STAT_CONCURRENCY } from './places.js';
import { listedPaths } from './stdin-paths.js';
import { walk } from './walk.js';

export type { InputFile, OnSkipped, SkipReason } from './input-file.js';
export { placesBelow } from './places.js';

/** Stands for a list of paths on stdin, one a line. */
export const STDIN = '-';

export interface SearchOptions {
  stdin?: Readable;
  /** Folders of outputs, which are no inputs. */
  exclude?: readonly string[];
  /** Leave out of folders what `ofx` wrote, and ground truth that lies beside its photos. [false] */
  photosOnly?: boolean;
  /**
   * Whether it matters where files of a list lie below their common folder. A list on stdin is then read to its end first,
   * by way of a temporary file. [true]
   */
  needsPlaces?: boolean;
}

/** What an input turned out to be. */
type Source =
  | { kind: 'named'; image: string; error?: OfxError }
  | { kind: 'folder'; base: string }
  | { kind: 'glob'; base: string; pattern: string; glob: string };

/**
 * A search for images: files, folders (recursive), globs, and `-` for a list of paths on stdin. A file named directly is
 * always an input; of a folder or glob, files that are images by content, or by name and then perhaps damaged. Hidden
 * files and the given output folders are left out, and no file comes twice. Links to folders are followed, except below
 * the `**` of a glob, as shells do. Whatever cannot be listed or opened is an input of its own, that failed.
 *
 * Nothing of it grows with the number of files, but for 16 bytes each where they could come twice, and the names of the
 * folder that is being listed.
 */
export class ImageSearch {
  readonly #common = new CommonFolder();
  #list: { file: string; folder: string } | undefined;

  private constructor(
    private readonly inputs: readonly string[],
    private readonly options: Required<Omit<SearchOptions, 'exclude'>>,
    private readonly excluded: readonly string[],
  ) {}

  /** @throws {OfxError} USAGE for an empty input, and where stdin holds no list of paths, and it is read already */
  static async open(inputs: readonly string[], options: SearchOptions = {}): Promise<ImageSearch> {
    if (inputs.includes('')) {
      throw new OfxError('USAGE', 'An input is empty text, which names no file.', {
        suggestion: 'Is a variable of the shell empty? Name a file, a folder, a glob, or -.',
      });
    }
    const { stdin = process.stdin, photosOnly = false, needsPlaces = true, exclude = [] } = options;
    const excluded = await Promise.all(exclude.map(realFolder));
    const search = new ImageSearch(inputs, { stdin, photosOnly, needsPlaces }, excluded);
    try {
      await search.#prepare();
    } catch (error) {
      await search.close();
      throw error;
    }
    return search;
  }

  /** Whether the inputs may be many, although only one was found so far. */
  get mayBeMany(): boolean {
    return this.inputs.includes(STDIN);
  }

  /** One file, named directly: its outputs are files, not folders. Known from the inputs alone. */
  async isSingle(): Promise<boolean> {
    if (this.inputs.includes(STDIN)) return false;
    const places = new RealPaths();
    const found = new Set<string>();
    for await (const source of this.#sources()) {
      if (source.kind !== 'named') return false;
      found.add(await places.of(source.image));
      if (found.size > 1) return false;
    }
    return true;
  }

  /**
   * The images, in the order of the inputs. May be asked for again unless stdin is read as it comes.
   *
   * @throws {OfxError} NO_IMAGES where there is none; USAGE where stdin holds no list of paths
   */
  async *files(onSkipped: OnSkipped = () => undefined): AsyncGenerator<InputFile> {
    const { photosOnly } = this.options;
    const places = new RealPaths();
    const visited = new Set<string>();
    const folders = await this.#folders();
    const [only, ...others] = this.inputs;
    const isOneFolder = only !== undefined && others.length === 0 && folders.length === 1 && only !== STDIN;
    const seen = isOneFolder ? undefined : new KeyTable();
    let count = 0;
    for await (const source of this.#sources()) {
      const found =
        source.kind === 'folder'
          ? walk(source.base, { excluded: this.excluded, visited, photosOnly, onSkipped })
          : source.kind === 'glob'
            ? this.#matching(source, places, onSkipped)
            : this.#named(source, places, folders);
      for await (const file of found) {
        if (seen && !seen.add(await places.of(file.image))) continue;
        count++;
        yield file;
      }
    }
    if (count === 0) throw noImages(this.inputs);
  }

  async close(): Promise<void> {
    if (this.#list) await rm(this.#list.folder, { recursive: true, force: true });
  }

  /** Where the files of a list lie below their common folder is known when all are. */
  async #prepare(): Promise<void> {
    if (!this.options.needsPlaces) return;
    if (this.inputs.includes(STDIN)) {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-list-'));
      this.#list = { file: path.join(folder, 'paths'), folder };
      await pipeline(this.options.stdin, createWriteStream(this.#list.file));
    }
    for await (const source of this.#sources()) if (source.kind === 'named') this.#common.add(source.image);
  }

  async #folders(): Promise<{ base: string; real: string }[]> {
    const folders: { base: string; real: string }[] = [];
    for (const input of this.inputs) {
      if (input === STDIN || (await kindOf(input)) !== 'folder') continue;
      folders.push({ base: input, real: await realFolder(input) });
    }
    return folders;
  }

  async *#sources(): AsyncGenerator<Source> {
    const names = new NameFinder();
    const looked = pMapIterable(this.#paths(), async ({ path, isText }) => sourceOf(path, isText, names), {
      concurrency: STAT_CONCURRENCY,
    });
    yield* looked;
  }

  async *#paths(): AsyncGenerator<{ path: string; isText: boolean }> {
    for (const input of this.inputs) {
      if (input !== STDIN) yield { path: input, isText: true };
      else yield* listedPaths(this.#list ? createReadStream(this.#list.file) : this.options.stdin);
    }
  }

  async *#named(
    { image, error }: Source & { kind: 'named' },
    places: RealPaths,
    folders: readonly { base: string; real: string }[],
  ): AsyncGenerator<InputFile> {
    // A folder that holds it too says better where it lies.
    const place = folders.length > 0 ? await places.of(image) : '';
    const holder = folders.find(({ real }) => isBelow(place, real));
    const below = holder
      ? path.relative(holder.real, place).split(path.sep).join('/')
      : this.options.needsPlaces
        ? this.#common.placeOf(image)
        : path.basename(image);
    yield { image, below, ...(error && { error }) };
  }

  async *#matching(
    { base, pattern, glob }: Source & { kind: 'glob' },
    places: RealPaths,
    onSkipped: OnSkipped,
  ): AsyncGenerator<InputFile> {
    let count = 0;
    const failures: InputFile[] = [];
    const onFailure = (folder: string, cause: unknown): void => {
      const below = path.relative(base, folder).split(path.sep).join('/') || path.basename(folder);
      failures.push({ image: folder, below, error: unsearchable(folder, cause) });
    };
    for await (const below of globbed(base, pattern, onFailure)) {
      const image = path.join(base, below);
      const kind = await kindOf(image);
      if (kind === 'folder') continue;
      count++;
      const place = await places.of(image);
      if (this.excluded.some((folder) => isBelow(place, folder))) continue;
      if (kind !== 'file' && hasImageName(below)) {
        yield { image, below, error: kind === 'missing' ? brokenLink(image) : specialFile(image) };
      } else if (kind !== 'file' || (await looksLike(image, below)) === 'no-image')
        onSkipped(image, 'no-image');
      else yield { image, below };
    }
    yield* failures;
    if (count === 0 && failures.length === 0)
      yield { image: glob, below: path.basename(glob), error: nothingMatches(glob) };
  }
}

export interface InputFiles {
  files: InputFile[];
  /** One file, named directly: its outputs are files, not folders. */
  single: boolean;
  /** Files in given folders that are no images. */
  ignored: number;
}

/**
 * All that an {@link ImageSearch} finds, at once: for data sets, whose names are compared with one another.
 *
 * @throws {OfxError} NO_IMAGES where nothing is left, USAGE where stdin holds no list of paths
 */
export async function findInputFiles(
  inputs: readonly string[],
  options: SearchOptions = {},
): Promise<InputFiles> {
  const search = await ImageSearch.open(inputs, options);
  try {
    const files: InputFile[] = [];
    let ignored = 0;
    const count = (_: string, reason: SkipReason): void => {
      if (reason === 'no-image') ignored++;
    };
    for await (const file of search.files(count)) files.push(file);
    return { files, single: await search.isSingle(), ignored };
  } finally {
    await search.close();
  }
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

async function sourceOf(input: string, isText: boolean, names: NameFinder): Promise<Source> {
  if (!isText) return { kind: 'named', image: input, error: notText(input) };
  const kind = await kindOf(input);
  if (kind === 'folder') return { kind, base: input };
  if (kind !== 'missing') return { kind: 'named', image: input };
  if (fastGlob.isDynamicPattern(input)) return { kind: 'glob', ...splitGlob(input), glob: input };
  const image = await names.find(input);
  return image === input ? { kind: 'named', image, error: missing(image) } : { kind: 'named', image };
}

/** A pattern's part without wildcards, and the rest. */
function splitGlob(glob: string): { base: string; pattern: string } {
  const parts = glob.split(path.sep).join('/').split('/');
  const first = parts.findIndex((part) => part !== '' && fastGlob.isDynamicPattern(part));
  return {
    base: parts.slice(0, first).join('/') || (glob.startsWith('/') ? '/' : '.'),
    pattern: parts.slice(first).join('/'),
  };
}

/** Matches as fast-glob finds them, folder by folder, sorted within as many as fit. */
async function* globbed(
  base: string,
  pattern: string,
  onFailure: (folder: string, cause: unknown) => void,
): AsyncGenerator<string> {
  // fast-glob would give up at a folder that it cannot list, or leave it out in silence.
  const listing = ((folder: string, options: { withFileTypes: true }, done: ListingDone) => {
    readdir(folder, options, (error, entries) => {
      if (error === null || ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) done(error, entries);
      else {
        onFailure(folder, error);
        done(null, []);
      }
    });
  }) as typeof readdir;
  const stream = fastGlob.stream(pattern, {
    cwd: base,
    onlyFiles: false,
    fs: { readdir: listing },
    // Links in a circle would be followed for ever.
    followSymbolicLinks: !pattern.includes('**'),
  });
  let batch: string[] = [];
  for await (const entry of stream as AsyncIterable<string>) {
    batch.push(entry);
    if (batch.length < SORTED_AT_ONCE) continue;
    yield* batch.sort();
    batch = [];
  }
  yield* batch.sort();
}

type ListingDone = (error: NodeJS.ErrnoException | null, entries: Dirent[]) => void;

/** Patterns that match more are told in parts, each in order. */
const SORTED_AT_ONCE = 100_000;
