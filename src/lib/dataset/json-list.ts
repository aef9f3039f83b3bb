import { AUTHENTIC, TAMPERED } from '../core/label.js';
import { OfxError } from '../core/errors.js';
import type { Findings } from './finding.js';
import { readCategory } from './category.js';
import { readLabel, saysAuthentic } from './label-words.js';
import { nameBelow, resolveListed } from './listed-path.js';
import type { Sample } from './sample.js';

/**
 * The samples of a JSON list: `[[image, mask | "Negative"], …]`, paths relative to the root. An entry may be an object, too:
 * `{"image": …, "mask": …, "category": …}`, where the mask of an authentic image is null or "Negative". A `label` beside it, as in
 * split files, tells a tampered image without a mask from an authentic one.
 *
 * @throws {OfxError} DATASET_INVALID where the text is no such list at all
 */
export function parseJsonList(text: string, file: string, root: string, findings: Findings): Sample[] {
  const entries = readList(text, file);
  const samples: Sample[] = [];
  entries.forEach((entry, index) => {
    const where = `entry ${index + 1}`;
    const read = readEntry(entry);
    if (!read) {
      findings.add('bad-line', `${where}: ${JSON.stringify(entry).slice(0, 80)}`);
      return;
    }
    const unmasked = read.mask === null || saysAuthentic(read.mask);
    const label = read.label === undefined ? (unmasked ? AUTHENTIC : TAMPERED) : readLabel(read.label);
    if (label === null) {
      findings.add('odd-label', `${where}: ${(read.label ?? '').slice(0, 80)}`);
      return;
    }
    const hasMask = label === TAMPERED && !unmasked;
    const image = resolveListed(root, read.image, where, findings);
    const mask = hasMask ? resolveListed(root, read.mask!, where, findings) : null;
    if (image === null || (hasMask && mask === null)) return;
    samples.push({
      name: nameBelow(root, image),
      image,
      mask,
      label,
      category: read.category,
    });
  });
  return samples;
}

/** Whether a text is a list of this kind, as far as its first entry tells. */
export function looksLikeJsonList(text: string): boolean {
  try {
    const content: unknown = JSON.parse(text);
    return Array.isArray(content) && readEntry(content[0]) !== null;
  } catch {
    return false;
  }
}

function readList(text: string, file: string): unknown[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new OfxError('DATASET_INVALID', `${file} is not valid JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (!Array.isArray(content)) {
    throw new OfxError('DATASET_INVALID', `${file} is not a list of samples.`, {
      suggestion:
        'A list of samples looks like [["images/a.png", "masks/a.png"], ["images/b.png", "Negative"]], or ' +
        '[{"image": "images/a.png", "mask": "masks/a.png", "category": "splice"}].',
    });
  }
  return content;
}

interface Entry {
  image: string;
  mask: string | null;
  category: string | null;
  /** Undefined where the mask tells. */
  label?: string;
}

function readEntry(entry: unknown): Entry | null {
  if (isPair(entry)) return { image: entry[0], mask: entry[1], category: null };
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return null;
  // Without a mask nobody knows: an image does not count as authentic because somebody forgot a key.
  const { image, mask, category, label } = entry as Record<string, unknown>;
  const isMask = mask === null || (typeof mask === 'string' && mask !== '');
  if (typeof image !== 'string' || image === '' || !isMask) return null;
  return {
    image,
    mask,
    category: readCategory(category),
    ...(label !== undefined && { label: typeof label === 'string' ? label : JSON.stringify(label) }),
  };
}

function isPair(entry: unknown): entry is [string, string] {
  return (
    Array.isArray(entry) &&
    entry.length === 2 &&
    entry.every((part) => typeof part === 'string' && part !== '')
  );
}
