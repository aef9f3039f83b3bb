import { mkdtemp, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { exists } from '../files/exists.js';
import { makeFolder } from '../files/make-folder.js';
import { MANIFEST_FILE } from '../model/manifest.js';

/** Where a model comes from and goes to, looked at before anything is computed. */

/** Whether more precisions are to be made of a model, and not a model of a checkpoint. */
export function isModelFolder(folder: string): Promise<boolean> {
  return exists(path.join(folder, MANIFEST_FILE));
}

/** @throws {OfxError} INPUT_MISSING, INPUT_UNREADABLE */
export async function checkInput(checkpoint: string): Promise<void> {
  let isFile: boolean;
  try {
    isFile = (await stat(checkpoint)).isFile();
  } catch (error) {
    const missing = ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
    throw new OfxError(
      missing ? 'INPUT_MISSING' : 'INPUT_UNREADABLE',
      missing
        ? `There is no checkpoint ${checkpoint}.`
        : `Cannot look at ${checkpoint} (${systemCode(error) ?? 'unknown error'}).`,
      { cause: error },
    );
  }
  if (!isFile)
    throw new OfxError('CHECKPOINT_INVALID', `${checkpoint} is not a file.`, {
      suggestion: 'Name the checkpoint’s file.',
    });
}

/** Refuses a folder that holds something which is not a model, or a model without `force`. */
export async function checkDestination(out: string, force: boolean): Promise<void> {
  let names: string[];
  try {
    names = await readdir(out);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw new OfxError(
      'OUTPUT_UNWRITABLE',
      `${out} cannot be a model’s folder (${systemCode(error) ?? 'unknown error'}).`,
      {
        suggestion: 'Choose another --out.',
        cause: error,
      },
    );
  }
  if (names.length === 0) return;
  if (!names.includes(MANIFEST_FILE)) {
    throw new OfxError(
      'OUTPUT_UNWRITABLE',
      `The folder ${out} exists, and holds something that is not a model.`,
      {
        suggestion: 'Choose another --out.',
      },
    );
  }
  if (!force) {
    throw new OfxError('OUTPUT_UNWRITABLE', `The model ${out} exists.`, {
      suggestion: 'Replace it with --force, or choose another --out.',
    });
  }
}

/** A folder beside the destination, so that taking its name is one step. */
export async function makeDraft(out: string): Promise<string> {
  try {
    await makeFolder(path.dirname(out));
    return await mkdtemp(path.join(path.dirname(out), `.${path.basename(out)}-`));
  } catch (error) {
    throw new OfxError(
      'OUTPUT_UNWRITABLE',
      `Cannot write beside ${out} (${systemCode(error) ?? 'unknown error'}).`,
      {
        suggestion: 'Choose an --out in a place that you may write to.',
        cause: error,
      },
    );
  }
}

/** A full disk, or a mount that went away. */
export function asWriteError(error: unknown, out: string): unknown {
  const code = systemCode(error);
  if (error instanceof OfxError || code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  return new OfxError('IO_FAILED', `Writing ${out} failed half-way (${code}); nothing was left there.`, {
    suggestion: 'Free some space or check the disk, then run the same command again.',
    cause: error,
  });
}
