import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { KeyTable } from '../files/key-table.js';
import {
  endingsOf,
  formatOfEnding,
  OUTPUT_KINDS,
  OUTPUTS,
  type OutputFormats,
  type OutputKind,
} from '../image/output-kinds.js';
import type { InputFile } from './input-file.js';
import { nameStem } from './mask-names.js';
import { foldedName } from '../text/names.js';
import { refuseCollisions, type Inputs } from './output-collisions.js';
import { isFolder } from '../files/exists.js';

/** Where outputs go: a file for one input, a folder for several. */
export type Destinations = Partial<Record<OutputKind, string>>;

/** The paths of one input's outputs. */
export type OutputPaths = Partial<Record<OutputKind, string>>;

/** Where the outputs of inputs go. */
export interface OutputPlan {
  pathsOf: (file: InputFile) => OutputPaths;
  /** The format of each output, by the ending that all of its kind have. */
  formats: OutputFormats;
}

/**
 * Plans all outputs. In a folder an input's path below its own folder is mirrored with the new ending; where two inputs
 * differ only in their ending, it joins the name (`a.jpg.png`, `a.png.png`), whatever their case: not every disk tells
 * `A.png` from `a.png`. The inputs are gone through two or three times before anything is written; only keys of them are
 * kept.
 *
 * @throws {OfxError} USAGE where two outputs would be one file, or a file's ending is none of its kind
 */
export async function planOutputs(
  inputs: Inputs,
  single: boolean,
  destinations: Destinations,
): Promise<OutputPlan> {
  const asked: { kind: OutputKind; destination: string; toFile: boolean }[] = [];
  for (const kind of OUTPUT_KINDS) {
    const destination = destinations[kind];
    if (destination === undefined) continue;
    const toFile = single && !destination.endsWith(path.sep) && !(await isFolder(destination));
    if (toFile) checkEnding(kind, destination);
    asked.push({ kind, destination, toFile });
  }
  if (asked.length === 0) return { pathsOf: () => ({}), formats: {} };
  const shared = await sharedStems(inputs);
  const pathsOf = (file: InputFile): OutputPaths => {
    const short = nameStem(file.below);
    const stem = shared.has(foldedName(short)) ? file.below : short;
    return Object.fromEntries(
      asked.map(({ kind, destination, toFile }) => [
        kind,
        toFile ? destination : path.join(destination, `${stem}${endingsOf(kind)[0]}`),
      ]),
    );
  };
  await refuseCollisions(inputs, (file) => Object.values(pathsOf(file)));
  const formats = asked.map(({ kind, destination, toFile }) => [
    kind,
    formatOfEnding(kind, toFile ? path.extname(destination) : endingsOf(kind)[0]),
  ]);
  return { pathsOf, formats: Object.fromEntries(formats) as OutputFormats };
}

function checkEnding(kind: OutputKind, file: string): void {
  if (formatOfEnding(kind, path.extname(file))) return;
  const endings = endingsOf(kind);
  throw new OfxError(
    'USAGE',
    `--${OUTPUTS[kind].flag} ${file}: a ${kind} is written as ${endings.join(' or ')}.`,
    {
      suggestion: `End the path in ${endings[0]}, or in ${path.sep} for a folder.`,
    },
  );
}

/** The names without ending, folded, that several inputs have. */
async function sharedStems(inputs: Inputs): Promise<KeyTable> {
  const seen = new KeyTable();
  const shared = new KeyTable();
  for await (const { below } of inputs()) {
    const stem = foldedName(nameStem(below));
    if (!seen.add(stem)) shared.add(stem);
  }
  return shared;
}
