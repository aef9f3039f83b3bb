import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { asWriteError, makeDraft } from './destination.js';

/**
 * Lets something be made in a folder beside its destination, which goes whatever happens.
 *
 * @throws {OfxError} OUTPUT_UNWRITABLE, IO_FAILED, and what `make` throws
 */
export async function inDraft<T>(out: string, make: (draft: string) => Promise<T>): Promise<T> {
  const draft = await makeDraft(out);
  // A second Ctrl-C ends the process at once.
  const remove = (): void => {
    rmSync(draft, { recursive: true, force: true });
  };
  process.once('exit', remove);
  try {
    return await make(draft);
  } catch (error) {
    throw asWriteError(error, out);
  } finally {
    await rm(draft, { recursive: true, force: true });
    process.off('exit', remove);
  }
}
