import { OfxError } from '../core/errors.js';
import { findPython } from '../python/interpreter.js';
import type { Inspection } from '../python/inspection.js';
import { runScript } from '../python/script.js';
import { checkInput, isModelFolder } from './destination.js';
import { archArgs, checkOwnNetwork, type OwnNetwork } from './own-network.js';

export interface InspectRequest {
  checkpoint: string;
  /** Which network of several: an entry, a prefix of names, or both. */
  weights?: string | undefined;
  own?: OwnNetwork | undefined;
  /** An interpreter [the active virtual environment, then ofx's own]. */
  python?: string | undefined;
}

/**
 * Tells what a checkpoint is; nothing is written, and no code in the file runs.
 *
 * @throws {OfxError} INPUT_MISSING, CHECKPOINT_INVALID where it is none at all, NETWORK_INVALID, PYTHON_MISSING,
 *   PYTHON_PACKAGE_MISSING; USAGE of a model
 */
export async function inspect(
  { checkpoint, weights, own, python: named }: InspectRequest,
  signal?: AbortSignal,
): Promise<Inspection> {
  if (await isModelFolder(checkpoint)) {
    throw new OfxError('USAGE', `${checkpoint} is a model, which has been converted.`, {
      suggestion: `Look at it with: ofx models show ${checkpoint}`,
    });
  }
  await checkInput(checkpoint);
  await checkOwnNetwork(own);
  const { executable } = await findPython(named, { signal });
  let found: Inspection | undefined;
  await runScript({
    python: executable,
    script: 'inspect_checkpoint.py',
    args: [checkpoint, ...(weights === undefined ? [] : [`--weights=${weights}`]), ...archArgs(own)],
    onEvent: (event) => {
      if (event.event === 'inspected') found = event;
    },
    signal,
  });
  if (!found) throw new Error('inspect_checkpoint.py told nothing.');
  const document: Partial<{ event: string }> & Inspection = { ...found };
  delete document.event;
  return document;
}
