import { rmSync } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OfxError, systemCode } from '../core/errors.js';
import { makeFolder } from './make-folder.js';

/** Files that a process that ends now would leave half-written. */
const unfinished = new Set<string>();

let serial = 0;

/**
 * Writes a file so that nobody ever sees half of it: beside its place first, under a hidden name, then renamed. Missing
 * folders are made. Whatever goes wrong, the file beside is removed, also when the process ends meanwhile.
 *
 * (npm's `write-file-atomic` ignores short writes, which is how a disk runs full.)
 *
 * @throws OfxError OUTPUT_UNWRITABLE where the file cannot be created, IO_FAILED where writing fails half-way.
 * @throws the signal's reason where it aborts.
 */
export async function writeFileAtomic(
  file: string,
  data: Uint8Array | string | AsyncIterable<string>,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const folder = path.dirname(path.resolve(file));
  // Not the file's own name with something added: that could be longer than the disk allows.
  const beside = path.join(folder, `.ofx-${process.pid}-${serial++}.part`);
  try {
    await makeFolder(folder);
    if (unfinished.size === 0) process.once('exit', removeUnfinished);
    unfinished.add(beside);
    const handle = await open(beside, 'wx');
    try {
      await writeFile(handle, data, signal === undefined ? {} : { signal });
    } finally {
      await handle.close();
    }
    signal?.throwIfAborted();
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    signal?.throwIfAborted();
    throw writeError(file, error);
  } finally {
    unfinished.delete(beside);
    if (unfinished.size === 0) process.off('exit', removeUnfinished);
  }
}

function removeUnfinished(): void {
  for (const file of unfinished) rmSync(file, { force: true });
}

/** Whether the error says that the place was never going to take a file, or that it failed while doing so. */
export function writeError(file: string, cause: unknown): OfxError {
  // What was to be written could not be made.
  if (cause instanceof OfxError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  switch (systemCode(cause)) {
    case 'ENAMETOOLONG':
      return new OfxError(
        'OUTPUT_UNWRITABLE',
        `${file} cannot be created: the disk takes no name that long.`,
        {
          cause,
          suggestion: 'Give the image a shorter name, or name its output yourself by predicting it alone.',
        },
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new OfxError('IO_FAILED', `Writing ${file} failed: no space is left on the disk.`, {
        cause,
        suggestion: 'Free some space, or choose another output folder, and run the same command again.',
      });
    case 'EIO':
    case 'EFBIG':
    case 'ESTALE':
    case 'ENXIO':
      return new OfxError('IO_FAILED', `Writing ${file} failed half-way: ${reason}.`, { cause });
    default:
      return new OfxError('OUTPUT_UNWRITABLE', `${file} cannot be created: ${reason}.`, {
        cause,
        suggestion: 'Choose an output folder that you may write to.',
      });
  }
}
