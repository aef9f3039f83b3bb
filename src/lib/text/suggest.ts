import { distance } from 'fastest-levenshtein';

/** More edits than a third of the letters make another word, not a misspelt one. Words that both begin with do not count. */
const TOLERATED = 1 / 3;

/**
 * What somebody may have meant who wrote a name that is not known: names that are spelt nearly so, or that share their
 * last part and others with it (`pixel.f1` for `pixel.macro.f1`), the nearest first.
 *
 * @param parts splits a name into its parts; by default at dots and dashes
 */
export function similarNames(
  written: string,
  known: readonly string[],
  { most = 3, parts = defaultParts }: { most?: number; parts?: (name: string) => string[] } = {},
): string[] {
  const wanted = written.toLowerCase();
  const wantedParts = defaultParts(wanted);
  const last = wantedParts.at(-1) ?? '';
  return known
    .map((name) => {
      const edits = distance(wanted, name.toLowerCase());
      const own = parts(name.toLowerCase());
      const shared = own.includes(last) ? wantedParts.filter((part) => own.includes(part)).length : 0;
      const letters = wanted.length - sharedStart(wanted, name.toLowerCase());
      return { name, edits, shared, tolerated: Math.max(1, Math.floor(letters * TOLERATED)) };
    })
    .filter(({ edits, shared, tolerated }) => shared > 0 || edits <= tolerated)
    .sort((a, b) => b.shared - a.shared || a.edits - b.edits)
    .slice(0, most)
    .map(({ name }) => name);
}

/** "Did you mean a or b?", or nothing where nothing is near. */
export function didYouMean(written: string, known: readonly string[]): string | undefined {
  const names = similarNames(written, known);
  return names.length === 0 ? undefined : `Did you mean ${names.join(' or ')}?`;
}

/** How many letters the words take that both names begin with, each with what separates it from the next. */
function sharedStart(a: string, b: string): number {
  const words = a.split(/(?<= )/);
  let length = 0;
  for (const word of words.slice(0, -1)) {
    if (!b.startsWith(word, length)) break;
    length += word.length;
  }
  return length;
}

function defaultParts(name: string): string[] {
  return name.split(/[.\-_ ]+/).filter((part) => part !== '');
}
