import { stat } from 'node:fs/promises';

/** Whether there is something at a path. What cannot be looked at is no use either, and counts as not there. */
export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Whether there is a folder at a path, behind links, too. */
export async function isFolder(place: string): Promise<boolean> {
  return stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
