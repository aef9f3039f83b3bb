import { lstat, mkdtemp, realpath, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import pMap from 'p-map';
import { OfxError } from '../core/errors.js';
import { exists } from '../files/exists.js';
import { foldedName } from '../text/names.js';
import type { InputFile } from './find-images.js';

/** Files that are looked at side by side. */
const LOOKS = 16;

/**
 * Makes sure that no output replaces an input or another output. Paths alone do not tell: a link or another case may lead
 * to the same file.
 *
 * @param outputsOf the paths of each input's outputs
 * @throws {OfxError} USAGE
 */
export async function refuseCollisions(
  files: readonly InputFile[],
  outputsOf: readonly (readonly string[])[],
): Promise<void> {
  const outputs = files.flatMap(({ image }, index) => outputsOf[index]!.map((output) => ({ output, image })));
  if (outputs.length === 0) return;
  const places = new Places();
  const inputs = new Set(
    (await pMap(files, async ({ image }) => places.namesOf(image), { concurrency: LOOKS })).flat(),
  );
  const names = await pMap(outputs, async ({ output }) => places.nameOf(output), { concurrency: LOOKS });
  const owners = new Map<string, string>();
  const likeness = new Map<string, string>();
  for (const [index, { output, image }] of outputs.entries()) {
    const { place, id } = names[index]!;
    if (inputs.has(place) || (id !== undefined && inputs.has(id))) {
      throw new OfxError('USAGE', `${output} is an input; it would be overwritten.`, {
        suggestion: 'Choose another place for the output.',
      });
    }
    const alike = likeness.get(foldedName(place));
    const owner =
      owners.get(place) ?? (alike !== undefined && (await places.foldNames(output)) ? alike : undefined);
    if (owner !== undefined) {
      const whose = owner === image ? `two outputs of ${image}` : `outputs of ${owner} and ${image}`;
      throw new OfxError('USAGE', `${output} would hold ${whose}.`, {
        suggestion:
          'Give --out, --probability and --overlay different places, or score the folders one by one.',
      });
    }
    owners.set(place, image);
    likeness.set(foldedName(place), alike ?? image);
  }
}

interface RealFolder {
  /** Without links, as far as it exists. */
  place: string;
  /** The part of it that exists. */
  existing: string;
}

/** Where files really are. What is found out of a folder is kept, as it often holds thousands of them. */
class Places {
  readonly #folders = new Map<string, Promise<RealFolder>>();
  readonly #folding = new Map<string, Promise<boolean>>();

  /** The real place of a name, and the entry of the disk that a file renamed to it replaces. */
  async nameOf(file: string): Promise<{ place: string; id: string | undefined; isLink: boolean }> {
    const { place } = await this.#folder(path.dirname(path.resolve(file)));
    const entry = await lstat(file, { bigint: true }).catch(() => undefined);
    return {
      place: path.join(place, path.basename(file)),
      id: entry && `${entry.dev}:${entry.ino}`,
      isLink: entry?.isSymbolicLink() ?? false,
    };
  }

  /** All that an output must not be: the name that was given, and the file behind it if that is a link. */
  async namesOf(file: string): Promise<string[]> {
    const { place, id, isLink } = await this.nameOf(file);
    const target = isLink ? await stat(file, { bigint: true }).catch(() => undefined) : undefined;
    return [place, ...(id === undefined ? [] : [id]), ...(target ? [`${target.dev}:${target.ino}`] : [])];
  }

  /** Whether the disk that a file will lie on takes folded names for one. */
  async foldNames(file: string): Promise<boolean> {
    const { existing } = await this.#folder(path.dirname(path.resolve(file)));
    return remembered(this.#folding, existing, tryFolding);
  }

  async #folder(folder: string): Promise<RealFolder> {
    return remembered(this.#folders, folder, async () => {
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

async function remembered<T>(
  known: Map<string, Promise<T>>,
  key: string,
  find: (key: string) => Promise<T>,
): Promise<T> {
  const found = known.get(key) ?? find(key);
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
