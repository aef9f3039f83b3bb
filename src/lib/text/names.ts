/**
 * The form in which names are compared: composed (Unicode NFC). macOS, HFS+ and some archives write `é` as `e` and an
 * accent, other systems as one character; people see no difference, and there is none. Names are compared in this form,
 * and opened and shown as they were found.
 */
export function nameKey(name: string): string {
  return name.normalize('NFC');
}

/** Cuts a name in its middle: both its folder and its end tell images apart. */
export function shortenedName(name: string, maxLength: number): string {
  if (name.length <= maxLength) return name;
  const half = Math.floor((maxLength - 1) / 2);
  return `${name.slice(0, half)}…${name.slice(-half)}`;
}

/** The same for all names that some disks take for one: they fold case, too. */
export function foldedName(name: string): string {
  return nameKey(name).toLowerCase();
}
