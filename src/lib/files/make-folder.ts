import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '../core/errors.js';
import { isFolder } from './exists.js';

/**
 * Makes a folder and those above it that are missing. (Node 20's recursive `mkdir` tries for ever where the system says
 * that a folder is missing which is there, as below `/proc`.)
 *
 * @throws the system's error, for callers to say what to do about it
 */
export async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const parent = path.dirname(path.resolve(folder));
  if (parent !== path.resolve(folder)) await makeFolder(parent);
  try {
    await mkdir(folder);
  } catch (error) {
    // Others may make the same one meanwhile.
    if (systemCode(error) !== 'EEXIST' || !(await isFolder(folder))) throw error;
  }
}
