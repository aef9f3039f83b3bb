import path from 'node:path';
import { Type } from '@sinclair/typebox';
import { OfxError } from '../core/errors.js';
import { checkSchema } from '../core/schema.js';
import { readText } from '../files/read-text.js';
import { foldedName } from '../text/names.js';

/** One data set of several. */
export interface SuiteEntry {
  /** Names its folder and its rows; no two are the same. */
  name: string;
  dataset: string;
  split?: string | undefined;
}

export const SuiteFileSchema = Type.Object(
  {
    datasets: Type.Array(
      Type.Union([
        Type.String({ description: 'Path of a data set, relative to this file' }),
        Type.Object({
          path: Type.String({ description: 'Of a data set, relative to this file' }),
          name: Type.Optional(Type.String()),
          split: Type.Optional(Type.String({ description: 'List of samples, relative to this file' })),
        }),
      ]),
      { minItems: 1 },
    ),
  },
  { $id: 'suite', title: 'Data sets that ofx validate measures in one call (YAML or JSON)' },
);

/**
 * The data sets that a command line names: paths, or one file that lists them.
 *
 * @returns undefined where it is a single data set
 * @throws {OfxError} DATASET_INVALID for a suite that is invalid; USAGE where a data set is named twice
 */
export async function readSuite(names: readonly string[]): Promise<SuiteEntry[] | undefined> {
  if (names.length > 1) return distinct(names.map((dataset) => ({ name: nameOf(dataset), dataset })));
  const [file] = names;
  if (file === undefined || !/\.(ya?ml|json)$/i.test(file)) return undefined;
  const content = await parsed(file);
  const isSuite = typeof content === 'object' && content !== null && 'datasets' in content;
  // Another JSON file is a list of samples.
  if (!isSuite && /\.json$/i.test(file)) return undefined;
  const checked = checkSchema(SuiteFileSchema, content);
  if (!checked.ok) {
    throw new OfxError(
      'DATASET_INVALID',
      `${file} is not a valid suite: ${checked.complaints.slice(0, 3).join('; ')}.`,
      {
        suggestion: 'For example: {"datasets": ["casia1", {"path": "imd2020", "split": "imd2020/dev.txt"}]}',
      },
    );
  }
  const { datasets } = checked.value;
  const place = (relative: string): string => path.resolve(path.dirname(file), relative);
  return distinct(
    datasets.map((entry) => {
      if (typeof entry === 'string') return { name: nameOf(entry), dataset: place(entry) };
      const { path: relative, name = nameOf(relative), split } = entry;
      return { name, dataset: place(relative), ...(split !== undefined && { split: place(split) }) };
    }),
  );
}

async function parsed(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readText(file);
  } catch {
    // What is not there is told with the words of a data set that is not there.
    return undefined;
  }
  try {
    if (/\.json$/i.test(file)) return JSON.parse(text) as unknown;
    const { parse } = await import('yaml');
    return parse(text) as unknown;
  } catch (error) {
    if (/\.json$/i.test(file)) return undefined;
    throw new OfxError('DATASET_INVALID', `${file} is not valid YAML: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function nameOf(dataset: string): string {
  return path.basename(path.resolve(dataset)).replace(/\.(txt|tsv|json)$/i, '');
}

/** Data sets of one name are told apart by the folders that they lie in. */
function distinct(entries: readonly SuiteEntry[]): SuiteEntry[] {
  const key = ({ dataset, split }: SuiteEntry): string => `${path.resolve(dataset)}\t${split ?? ''}`;
  const seen = new Set<string>();
  for (const entry of entries) {
    if (seen.has(key(entry)))
      throw new OfxError('USAGE', `The data set ${entry.dataset} is named twice.`, {
        suggestion: 'Name each data set once; other lists of it are told apart by "split" in a suite file.',
      });
    seen.add(key(entry));
  }
  const count = new Map<string, number>();
  const folded = ({ name }: SuiteEntry): string => foldedName(name);
  for (const entry of entries) count.set(folded(entry), (count.get(folded(entry)) ?? 0) + 1);
  const named = entries.map((entry) =>
    count.get(folded(entry)) === 1
      ? entry
      : { ...entry, name: `${path.basename(path.dirname(path.resolve(entry.dataset)))}-${entry.name}` },
  );
  const used = new Set<string>();
  return named.map((entry) => {
    let { name } = entry;
    for (let number = 2; used.has(foldedName(name)); number++) name = `${entry.name}-${number}`;
    used.add(foldedName(name));
    return { ...entry, name };
  });
}
