import { rmSync } from 'node:fs';
import { link, open, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '../core/errors.js';
import { exists } from './exists.js';
import { makeFolder } from './make-folder.js';
import { writeError } from './write.js';

/** Files that a process that ends now would leave half-written. */
const unfinished = new Set<string>();

let serial = 0;

/**
 * Publishes a file whole and for good: written beside, brought to the disk, then given its name by `link`, which fails where
 * the name is taken. Of several writers on several machines one wins, and what is there is never replaced.
 *
 * @returns whether this call made the file; where not, another one was there first
 * @throws {OfxError} OUTPUT_UNWRITABLE where the file cannot be created, IO_FAILED where writing fails half-way
 */
export async function createOnly(file: string, data: Uint8Array | string): Promise<'created' | 'exists'> {
  const folder = path.dirname(path.resolve(file));
  const beside = path.join(folder, `.ofx-${process.pid}-${serial++}.part`);
  try {
    await makeFolder(folder);
    if (unfinished.size === 0) process.once('exit', removeUnfinished);
    unfinished.add(beside);
    const handle = await open(beside, 'wx');
    try {
      await writeFile(handle, data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return await giveName(beside, file);
  } catch (error) {
    throw writeError(file, error);
  } finally {
    await rm(beside, { force: true }).catch(() => undefined);
    unfinished.delete(beside);
    if (unfinished.size === 0) process.off('exit', removeUnfinished);
  }
}

/**
 * The second half of {@link createOnly}: a finished file, already on the disk, gets its name where that is free. The file
 * beside may be left, for the caller to remove.
 *
 * @throws the system's error
 */
export async function giveName(beside: string, file: string): Promise<'created' | 'exists'> {
  try {
    await link(beside, file);
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'EEXIST') {
      // NFS may lose the answer to a link that was made, and say EEXIST to the client's second attempt.
      return (await stat(beside)).nlink > 1 ? 'created' : 'exists';
    }
    // SMB, s3fs and others have no hard links. Between the look and the rename another may publish; its content and ours are
    // both valid, so that nothing is lost.
    if (!NO_HARD_LINKS.has(code)) throw error;
    if (await exists(file)) return 'exists';
    await rename(beside, file);
  }
  await syncFolder(path.dirname(path.resolve(file)));
  return 'created';
}

const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']);

/** The name itself is lost with the power where only the content was brought to the disk. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    // Windows and some network file systems cannot sync a folder.
    if (!['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'EBADF', 'EACCES'].includes(systemCode(error) ?? ''))
      throw error;
  } finally {
    await handle?.close();
  }
}

function removeUnfinished(): void {
  for (const file of unfinished) rmSync(file, { force: true });
}
