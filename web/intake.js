/** Photos from drops, the clipboard and dialogs, with the folders that they lie in. */

/** What systems put into folders beside people's files; nobody means it. */
const NOT_MEANT = /^(\.|Thumbs\.db$|desktop\.ini$)/i;

const ORDER = new Intl.Collator('en', { numeric: true });

/**
 * @param {DataTransfer} transfer - of a drop: files and folders
 * @returns {Promise<{path: string, file: File}[]>}
 */
export async function droppedPhotos(transfer) {
  // The list is emptied once the event is over, so all of it is asked for first.
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const found = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const photos = [];
  for (const one of found.filter(Boolean)) {
    if (one instanceof File) photos.push({ path: one.name, file: one });
    else photos.push(...(await walk(one)));
  }
  return photos;
}

/** @param {Iterable<File>} files - of a dialog or the clipboard; those of a folder know where in it they lie */
export function chosenPhotos(files) {
  return [...files]
    .map((file) => ({ path: file.webkitRelativePath || file.name || 'pasted image', file }))
    .filter(({ path, file }) => !file.webkitRelativePath || isMeant(path))
    .sort((a, b) => (a.file.webkitRelativePath ? ORDER.compare(a.path, b.path) : 0));
}

async function walk(entry) {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ path, file }];
  }
  const inside = (await everythingIn(entry)).filter(({ name }) => !NOT_MEANT.test(name));
  inside.sort((a, b) => ORDER.compare(a.name, b.name));
  const photos = [];
  for (const one of inside) photos.push(...(await walk(one)));
  return photos;
}

/** A reader gives a hundred at a time, and nothing at the end. */
async function everythingIn(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function isMeant(path) {
  return path.split('/').every((name) => !NOT_MEANT.test(name));
}
