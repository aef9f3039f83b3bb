import { stat } from 'node:fs/promises';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import type { InputFile } from './find-images.js';
import { foldedName } from '../text/names.js';
import { refuseCollisions } from './output-collisions.js';

/** What `ofx predict` can write for an image. */
export const OUTPUT_KINDS = ['mask', 'probability', 'overlay'] as const;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** Where outputs go: a file for one input, a folder for several. */
export type Destinations = Partial<Record<OutputKind, string>>;

/** The paths of one input's outputs. */
export type OutputPaths = Partial<Record<OutputKind, string>>;

/** The endings that a kind's files may have; the first is that of files in a folder. */
const ENDINGS: Record<OutputKind, readonly [string, ...string[]]> = {
  // A mask that went through JPEG would no longer be 0 and 255.
  mask: ['.png'],
  probability: ['.npy', '.png'],
  overlay: ['.png', '.jpg', '.jpeg'],
};

/** The flag that asks for a kind. */
const FLAGS: Record<OutputKind, string> = {
  mask: '--out',
  probability: '--probability',
  overlay: '--overlay',
};

/**
 * The paths of all outputs, one entry an input. In a folder an input's path below its own folder is mirrored with the new
 * ending; where two inputs differ only in their ending, it joins the name (`a.jpg.png`, `a.png.png`), whatever their case:
 * not every disk tells `A.png` from `a.png`.
 *
 * @throws {OfxError} USAGE where two outputs would be one file, or a file's ending is none of its kind
 */
export async function planOutputs(
  files: readonly InputFile[],
  single: boolean,
  destinations: Destinations,
): Promise<OutputPaths[]> {
  const asked = OUTPUT_KINDS.flatMap((kind) => {
    const destination = destinations[kind];
    return destination === undefined ? [] : [{ kind, destination }];
  });
  const stems = distinctStems(files);
  const plans: OutputPaths[] = files.map(() => ({}));
  for (const { kind, destination } of asked) {
    const toFile = single && !destination.endsWith(path.sep) && !(await isFolder(destination));
    if (toFile) checkEnding(kind, destination);
    files.forEach((_, index) => {
      plans[index]![kind] = toFile
        ? destination
        : path.join(destination, `${stems[index]!}${ENDINGS[kind][0]}`);
    });
  }
  await refuseCollisions(
    files,
    plans.map((plan) => Object.values(plan)),
  );
  return plans;
}

function checkEnding(kind: OutputKind, file: string): void {
  const endings = ENDINGS[kind];
  if (endings.includes(path.extname(file).toLowerCase())) return;
  throw new OfxError('USAGE', `${FLAGS[kind]} ${file}: a ${kind} is written as ${endings.join(' or ')}.`, {
    suggestion: `End the path in ${endings[0]}, or in ${path.sep} for a folder.`,
  });
}

function distinctStems(files: readonly InputFile[]): string[] {
  const short = files.map(({ below }) => below.slice(0, below.length - path.extname(below).length));
  const count = new Map<string, number>();
  for (const stem of short.map(foldedName)) count.set(stem, (count.get(stem) ?? 0) + 1);
  return files.map(({ below }, index) =>
    count.get(foldedName(short[index]!)) === 1 ? short[index]! : below,
  );
}

async function isFolder(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory();
  } catch {
    return false;
  }
}
