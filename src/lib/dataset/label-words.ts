import { AUTHENTIC, TAMPERED } from '../core/label.js';

/** What lists call photos that nobody changed, without spaces and hyphens … */
const AUTHENTIC_WORDS = new Set(
  (
    'authentic au real original orig pristine genuine untouched unaltered unmodified unedited untampered nontampered ' +
    'nottampered unmanipulated nonmanipulated notmanipulated unforged notforged notfake clean negative neg false no none n f'
  ).split(' '),
);
/** … and photos that somebody did. */
const TAMPERED_WORDS = new Set(
  (
    'tampered tp tamper fake forged forgery spliced splice splicing manipulated manipulation altered modified edited inpainted ' +
    'inpainting inpaint copymove copymoved cloned removal removed photoshopped photoshop deepfake notauthentic inauthentic ' +
    'positive pos true yes y t'
  ).split(' '),
);

/**
 * What a label says: 0, -1 and the words for authentic; other numbers above 0 and the words for tampered, in any case.
 *
 * @returns null where that is not known
 */
export function readLabel(text: string): typeof AUTHENTIC | typeof TAMPERED | null {
  const word = text
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .toLowerCase();
  if (AUTHENTIC_WORDS.has(joined(word))) return AUTHENTIC;
  if (TAMPERED_WORDS.has(joined(word))) return TAMPERED;
  const number = word === '' ? Number.NaN : Number(word);
  if (number === 0 || number === -1) return AUTHENTIC;
  return Number.isFinite(number) && number > 0 ? TAMPERED : null;
}

/** Whether a word that stands where a mask is expected says that the image is authentic. */
export function saysAuthentic(text: string): boolean {
  return AUTHENTIC_WORDS.has(joined(text.trim().toLowerCase()));
}

/** "copy move", "copy-move" and "copy_move" are one word. */
function joined(word: string): string {
  return word.replace(/[\s_-]+/g, '');
}
