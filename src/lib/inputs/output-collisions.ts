import { lstat, mkdtemp, realpath, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pMapIterable } from 'p-map';
import { OfxError } from '../core/errors.js';
import { exists } from '../files/exists.js';
import { KeyTable } from '../files/key-table.js';
import { foldedName } from '../text/names.js';
import type { InputFile } from './input-file.js';
import { STAT_CONCURRENCY } from './places.js';

/** The inputs, from the first one each time. */
export type Inputs = () => AsyncIterable<InputFile> | Iterable<InputFile>;

/**
 * Makes sure that no output replaces an input or another output. Paths alone do not tell: a link or another case may lead
 * to the same file. The inputs are gone through once or twice, and only keys of them are kept.
 *
 * @param outputsOf the paths of an input's outputs
 * @throws {OfxError} USAGE
 */
export async function refuseCollisions(
  inputs: Inputs,
  outputsOf: (file: InputFile) => readonly string[],
): Promise<void> {
  const entries = new DiskEntries();
  const planned = new KeyTable();
  /** Outputs that are there already: only such can be inputs, too. */
  const existing = new KeyTable();
  for await (const { image, outputs } of placed(inputs, outputsOf, entries)) {
    for (const { output, place, id } of outputs) {
      if (id !== undefined) existing.add(id);
      else if (path.resolve(output) === path.resolve(image)) throw wouldOverwrite(output);
      if (planned.add(foldedName(place))) continue;
      const owner = await ownerOf({ image, place, output }, inputs, outputsOf, entries);
      if (owner === undefined) continue;
      const whose = owner === image ? `two outputs of ${image}` : `outputs of ${owner} and ${image}`;
      throw new OfxError('USAGE', `${output} would hold ${whose}.`, {
        suggestion:
          'Give --out, --probability and --overlay different places, or score the folders one by one.',
      });
    }
  }
  if (existing.size > 0) await refuseInputs(inputs, outputsOf, existing, entries);
}

async function refuseInputs(
  inputs: Inputs,
  outputsOf: (file: InputFile) => readonly string[],
  existing: KeyTable,
  entries: DiskEntries,
): Promise<void> {
  const looked = pMapIterable(inputs(), async ({ image }) => entries.idsOf(image), {
    concurrency: STAT_CONCURRENCY,
  });
  for await (const ids of looked) {
    const hit = ids.find((id) => existing.has(id));
    if (hit === undefined) continue;
    for await (const { outputs } of placed(inputs, outputsOf, entries)) {
      const output = outputs.find(({ id }) => id === hit)?.output;
      if (output === undefined) continue;
      throw wouldOverwrite(output);
    }
  }
}

function wouldOverwrite(output: string): OfxError {
  return new OfxError('USAGE', `${output} is an input; it would be overwritten.`, {
    suggestion: 'Choose another place for the output.',
  });
}

interface PlacedOutput {
  output: string;
  /** Without links. */
  place: string;
  /** The entry of the disk that a file renamed to it replaces. */
  id: string | undefined;
}

function placed(
  inputs: Inputs,
  outputsOf: (file: InputFile) => readonly string[],
  entries: DiskEntries,
): AsyncIterable<{ image: string; outputs: PlacedOutput[] }> {
  return pMapIterable(
    inputs(),
    async (file) => ({
      image: file.image,
      outputs: await Promise.all(
        outputsOf(file).map(async (output) => ({ output, ...(await entries.nameOf(output)) })),
      ),
    }),
    { concurrency: STAT_CONCURRENCY },
  );
}

/** The image of which an earlier output has the same place, or one that the disk takes for the same. */
async function ownerOf(
  { image, place, output }: { image: string; place: string; output: string },
  inputs: Inputs,
  outputsOf: (file: InputFile) => readonly string[],
  entries: DiskEntries,
): Promise<string | undefined> {
  const folds = await entries.foldNames(output);
  for await (const earlier of placed(inputs, outputsOf, entries)) {
    const count = earlier.outputs.filter((other) =>
      folds ? foldedName(other.place) === foldedName(place) : other.place === place,
    ).length;
    // The image itself comes with the output in question, so two of its own are needed.
    if (count > (earlier.image === image ? 1 : 0)) return earlier.image;
    if (earlier.image === image) return undefined;
  }
  return undefined;
}

interface RealFolder {
  /** Without links, as far as it exists. */
  place: string;
  /** The part of it that exists. */
  existing: string;
}

/** Folders of which is remembered what was found out, as they often hold thousands of files. */
const KEPT_FOLDERS = 4096;

/** Where files really are. */
class DiskEntries {
  readonly #folders = new Map<string, Promise<RealFolder>>();
  readonly #folding = new Map<string, Promise<boolean>>();

  /** The real place of a name, and the entry of the disk that a file renamed to it replaces. */
  async nameOf(file: string): Promise<{ place: string; id: string | undefined }> {
    const { place } = await this.#folder(path.dirname(path.resolve(file)));
    const entry = await lstat(file, { bigint: true }).catch(() => undefined);
    return { place: path.join(place, path.basename(file)), id: entry && `${entry.dev}:${entry.ino}` };
  }

  /** All that an output must not be: the entry of the disk that was named, and the file behind it if that is a link. */
  async idsOf(file: string): Promise<string[]> {
    const entry = await lstat(file, { bigint: true }).catch(() => undefined);
    if (entry === undefined) return [];
    const target = entry.isSymbolicLink()
      ? await stat(file, { bigint: true }).catch(() => undefined)
      : undefined;
    return [entry, ...(target ? [target] : [])].map(({ dev, ino }) => `${dev}:${ino}`);
  }

  /** Whether the disk that a file will lie on takes folded names for one. */
  async foldNames(file: string): Promise<boolean> {
    const { existing } = await this.#folder(path.dirname(path.resolve(file)));
    return memoised(this.#folding, existing, tryFolding);
  }

  async #folder(folder: string): Promise<RealFolder> {
    return memoised(this.#folders, folder, async () => {
      try {
        const place = await realpath(folder);
        return { place, existing: place };
      } catch {
        const parent = path.dirname(folder);
        if (parent === folder) return { place: folder, existing: folder };
        const above = await this.#folder(parent);
        return { place: path.join(above.place, path.basename(folder)), existing: above.existing };
      }
    });
  }
}

async function memoised<T>(
  known: Map<string, Promise<T>>,
  key: string,
  find: (key: string) => Promise<T>,
): Promise<T> {
  const found = known.get(key) ?? find(key);
  if (known.size >= KEPT_FOLDERS) known.clear();
  known.set(key, found);
  return found;
}

/** Only a try tells: it depends on the disk and even on the folder, not on the system. */
async function tryFolding(folder: string): Promise<boolean> {
  const probe = await mkdtemp(path.join(folder, '.ofx-\u00e9-')).catch(() => undefined);
  // Nothing can be written there, which is told in its turn.
  if (probe === undefined) return false;
  try {
    const name = path.basename(probe);
    const others = [name.toUpperCase(), name.normalize('NFD')].map((other) => path.join(folder, other));
    return (await Promise.all(others.map(exists))).includes(true);
  } finally {
    await rmdir(probe);
  }
}
