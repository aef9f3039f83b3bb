import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { exists } from '../files/exists.js';
import { NameFinder } from '../files/find-name.js';
import { readText } from '../files/read-text.js';
import { Findings } from './finding.js';
import { nameBelow } from './listed-path.js';
import { samplesOfImagesAndMasks, samplesOfLabelledFolders } from './folders.js';
import { looksLikeJsonList, parseJsonList } from './json-list.js';
import { parseSplitFile } from './split-file.js';
import { type Dataset, type Layout, type Sample } from './sample.js';

export interface DatasetOptions {
  /** The list to read, instead of the one that is found. */
  split?: string | undefined;
  /** The layout to read, instead of the one that is found. */
  layout?: Layout | undefined;
}

const LIST_LAYOUTS: readonly Layout[] = ['split-file', 'json-list'];

const KNOWN_LAYOUTS =
  'Known layouts: a split file (test_split.txt or split.txt: image, mask and label separated by tabs), a JSON list ' +
  '[["image", "mask" or "Negative"]], Tp/ and Gt/ (and Au/), images/ and masks/, tampered/ and authentic/ (and masks/).';

/**
 * Reads which samples a data set has. Its layout is found by itself: the published code's split file first, then the other
 * ones, a list going before folders.
 *
 * @param location the data set's folder, or its list
 * @throws {OfxError} INPUT_MISSING, DATASET_INVALID
 */
export async function openDataset(location: string, options: DatasetOptions = {}): Promise<Dataset> {
  const isList = !(await isFolderOfData(location));
  const root = path.resolve(isList ? path.dirname(location) : location);
  const list = options.split ?? (isList ? location : undefined);
  if (list !== undefined && options.layout !== undefined && !LIST_LAYOUTS.includes(options.layout)) {
    throw new OfxError('USAGE', `--layout ${options.layout} has no effect on a list, and ${list} is one.`, {
      suggestion: `Leave --layout out, or name the list's: ${LIST_LAYOUTS.join(' or ')}.`,
    });
  }
  const source =
    list === undefined ? await findSource(root, options.layout) : await listSource(list, options.layout);
  const findings = new Findings();
  const listed = await source.read(root, findings);
  const found = source.list === null ? listed : await asNamedOnDisk(listed, root);
  const samples = withoutRepeats(found, findings);
  if (samples.length === 0) throw noSamples(source, root, findings);
  if (source.list !== null) await checkExistence(samples, source.list, root);
  for (const { label, name } of samples) if (label === null) findings.add('label-from-mask', name);
  return {
    name: isList ? path.basename(location, path.extname(location)) : path.basename(root),
    root,
    layout: source.layout,
    list: source.list,
    samples,
    findings: findings.list(),
    leftOut:
      findings.count('bad-line') +
      findings.count('odd-label') +
      findings.count('path-outside') +
      findings.count('contradicting-lines'),
  };
}

interface Source {
  layout: Layout;
  list: string | null;
  read: (root: string, findings: Findings) => Promise<Sample[]>;
}

async function listSource(file: string, layout: Layout | undefined): Promise<Source> {
  const text = await readList(file);
  const json = layout === 'json-list' || (layout === undefined && looksLikeJsonList(text));
  return {
    layout: json ? 'json-list' : 'split-file',
    list: path.resolve(file),
    read: (root, findings) =>
      Promise.resolve(
        json ? parseJsonList(text, file, root, findings) : parseSplitFile(text, root, findings),
      ),
  };
}

async function findSource(root: string, wanted: Layout | undefined): Promise<Source> {
  const entries = await readdir(root, { withFileTypes: true });
  const folder = (name: string): string | undefined => {
    const entry = entries.find((one) => !one.isFile() && one.name.toLowerCase() === name);
    return entry && path.join(root, entry.name);
  };
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);

  const finders: Record<Layout, () => Promise<Source | undefined> | Source | undefined> = {
    'split-file': () => splitSource(root, files),
    'json-list': () => jsonSource(root, files),
    'tp-gt': () => labelledSource('tp-gt', folder('tp'), folder('au'), folder('gt')),
    'images-masks': () => imagesSource(folder('images'), folder('masks')),
    'tampered-authentic': () =>
      labelledSource('tampered-authentic', folder('tampered'), folder('authentic'), folder('masks')),
  };
  for (const layout of wanted === undefined ? (Object.keys(finders) as Layout[]) : [wanted]) {
    const source = await finders[layout]();
    if (source) return source;
  }
  const what = wanted === undefined ? 'no layout that is known' : `not the layout ${wanted}`;
  throw new OfxError('DATASET_INVALID', `${root} has ${what}.`, {
    suggestion: `It holds ${describeEntries(entries.map(({ name }) => name))}. ${KNOWN_LAYOUTS}`,
  });
}

async function splitSource(root: string, files: readonly string[]): Promise<Source | undefined> {
  const named = ['test_split.txt', 'split.txt'].find((name) => files.includes(name));
  const others = files.filter((name) => /split.*\.(txt|tsv)$/i.test(name));
  if (named === undefined && others.length > 1) {
    throw new OfxError('DATASET_INVALID', `${root} has several split files: ${others.join(', ')}.`, {
      suggestion: `Pick one, for example --split ${path.join(root, others[0]!)}`,
    });
  }
  const name = named ?? others[0];
  return name === undefined ? undefined : listSource(path.join(root, name), 'split-file');
}

async function jsonSource(root: string, files: readonly string[]): Promise<Source | undefined> {
  const lists: string[] = [];
  for (const name of files.filter((file) => file.toLowerCase().endsWith('.json'))) {
    if (looksLikeJsonList(await readList(path.join(root, name)))) lists.push(name);
  }
  if (lists.length > 1) {
    throw new OfxError('DATASET_INVALID', `${root} has several JSON lists: ${lists.join(', ')}.`, {
      suggestion: `Pick one, for example --split ${path.join(root, lists[0]!)}`,
    });
  }
  return lists[0] === undefined ? undefined : listSource(path.join(root, lists[0]), 'json-list');
}

function labelledSource(
  layout: 'tp-gt' | 'tampered-authentic',
  tampered: string | undefined,
  authentic: string | undefined,
  masks: string | undefined,
): Source | undefined {
  const complete = tampered !== undefined && (layout === 'tp-gt' ? masks : authentic) !== undefined;
  if (!complete) return undefined;
  return {
    layout,
    list: null,
    read: (root, findings) => samplesOfLabelledFolders(root, { tampered, authentic, masks }, findings),
  };
}

function imagesSource(images: string | undefined, masks: string | undefined): Source | undefined {
  if (images === undefined || masks === undefined) return undefined;
  return {
    layout: 'images-masks',
    list: null,
    read: (root, findings) => samplesOfImagesAndMasks(root, images, masks, findings),
  };
}

/** A list may write names in another Unicode form than the disk does. */
async function asNamedOnDisk(samples: readonly Sample[], root: string): Promise<Sample[]> {
  const finder = new NameFinder();
  const found: Sample[] = [];
  for (const sample of samples) {
    const image = await finder.find(sample.image);
    const mask = sample.mask === null ? null : await finder.find(sample.mask);
    found.push({ ...sample, name: nameBelow(root, image), image, mask });
  }
  return found;
}

function withoutRepeats(samples: readonly Sample[], findings: Findings): Sample[] {
  const first = new Map<string, Sample>();
  for (const sample of samples) {
    const known = first.get(sample.name);
    if (!known) first.set(sample.name, sample);
    else if (known.label === sample.label && known.mask === sample.mask)
      findings.add('duplicate-line', sample.name);
    else findings.add('contradicting-lines', sample.name);
  }
  return [...first.values()];
}

/** A list whose every image is missing was made for another root; single missing ones fail when they are read. */
async function checkExistence(samples: readonly Sample[], list: string, root: string): Promise<void> {
  for (const { image } of samples) if (await exists(image)) return;
  throw new OfxError(
    'DATASET_INVALID',
    `None of the ${samples.length} images that ${list} lists exists, for example ${samples[0]!.image}.`,
    {
      suggestion: `Paths in the list are relative to ${root}; give the folder they belong to, and the list with --split.`,
    },
  );
}

function noSamples({ list, layout }: Source, root: string, findings: Findings): OfxError {
  const worst = findings.list()[0];
  const why = worst ? `: ${worst.message}, for example ${worst.examples[0]!}` : '';
  return new OfxError('DATASET_INVALID', `${list ?? root} gives no sample (${layout})${why}.`, {
    suggestion: KNOWN_LAYOUTS,
  });
}

function describeEntries(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

async function readList(file: string): Promise<string> {
  try {
    return await readText(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      throw new OfxError('INPUT_MISSING', `There is no file ${file}.`, { cause: error });
    }
    throw new OfxError('INPUT_UNREADABLE', `Cannot read ${file} (${systemCode(error) ?? 'unknown error'}).`, {
      cause: error,
    });
  }
}

async function isFolderOfData(location: string): Promise<boolean> {
  try {
    return (await stat(location)).isDirectory();
  } catch (error) {
    throw new OfxError('INPUT_MISSING', `There is no data set at ${location}.`, {
      cause: error,
      suggestion: KNOWN_LAYOUTS,
    });
  }
}
