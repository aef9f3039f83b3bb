import { OfxError } from '../core/errors.js';
import type { Findings } from './finding.js';
import { saysAuthentic } from './label-words.js';
import { nameBelow, resolveListed } from './listed-path.js';
import { AUTHENTIC, TAMPERED, type Sample } from './sample.js';

/**
 * The samples of a JSON list: `[[image, mask | "Negative"], …]`, paths relative to the root.
 *
 * @throws {OfxError} DATASET_INVALID where the text is no such list at all
 */
export function parseJsonList(text: string, file: string, root: string, findings: Findings): Sample[] {
  const entries = readList(text, file);
  const samples: Sample[] = [];
  entries.forEach((entry, index) => {
    const where = `entry ${index + 1}`;
    if (!isPair(entry)) {
      findings.add('bad-line', `${where}: ${JSON.stringify(entry).slice(0, 80)}`);
      return;
    }
    const isAuthentic = saysAuthentic(entry[1]);
    const image = resolveListed(root, entry[0], where, findings);
    const mask = isAuthentic ? null : resolveListed(root, entry[1], where, findings);
    if (image === null || (!isAuthentic && mask === null)) return;
    samples.push({ name: nameBelow(root, image), image, mask, label: isAuthentic ? AUTHENTIC : TAMPERED });
  });
  return samples;
}

/** Whether a text is a list of this kind, as far as its first entry tells. */
export function looksLikeJsonList(text: string): boolean {
  try {
    const content: unknown = JSON.parse(text);
    return Array.isArray(content) && isPair(content[0]);
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
    throw new OfxError('DATASET_INVALID', `${file} holds no list.`, {
      suggestion:
        'A list of samples looks like [["images/a.png", "masks/a.png"], ["images/b.png", "Negative"]].',
    });
  }
  return content;
}

function isPair(entry: unknown): entry is [string, string] {
  return (
    Array.isArray(entry) &&
    entry.length === 2 &&
    entry.every((part) => typeof part === 'string' && part !== '')
  );
}
