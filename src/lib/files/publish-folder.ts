import { rename } from 'node:fs/promises';
import { systemCode } from '../core/errors.js';

/**
 * Gives a finished folder its name. An older one of that name steps aside until that is done, and comes back where it fails;
 * after that it is left beside the draft, to go with it.
 *
 * @param draft the finished folder, in a folder of its own on the same disk
 */
export async function publishFolder(draft: string, out: string): Promise<void> {
  const aside = `${draft}-replaced`;
  const replaced = await rename(out, aside).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    await rename(draft, out);
  } catch (error) {
    if (replaced) await rename(aside, out);
    throw error;
  }
}
