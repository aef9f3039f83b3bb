/** What lists write where an image has no category. */
const NO_CATEGORY = new Set(['', 'none', 'null', 'nan', '-']);

/** The category that a list or a folder names; null where it names none. */
export function readCategory(text: unknown): string | null {
  if (typeof text !== 'string' && typeof text !== 'number') return null;
  const name = String(text).trim().normalize('NFC');
  return NO_CATEGORY.has(name.toLowerCase()) ? null : name;
}
