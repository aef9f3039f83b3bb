import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import type { ModelReference } from './catalogue.js';

/** What says how good a model is, and where it must not be trusted: Markdown beside its manifest. */
export const CARD_FILE = 'README.md';
/** Longer texts are no cards. */
const LONGEST = 1_000_000;

/**
 * The card of a model, as Markdown.
 *
 * @returns undefined where its folder holds none, as that of a bare ONNX file
 * @throws {OfxError} INPUT_UNREADABLE
 */
export async function readCard(reference: ModelReference): Promise<string | undefined> {
  if (reference.kind === 'onnx') return undefined;
  const file = path.join(reference.model.folder, CARD_FILE);
  try {
    const text = await readFile(file, 'utf8');
    return text.trim() === '' ? undefined : text.slice(0, LONGEST);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new OfxError('INPUT_UNREADABLE', `Cannot read the model’s card ${file}.`, { cause: error });
  }
}
