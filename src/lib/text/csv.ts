import { stringify, type Options } from 'csv-stringify/sync';

/**
 * Lines of CSV. Text that a spreadsheet would take for a formula (it begins with = + - @, a tab, or a line break) gets an apostrophe
 * before it, as OWASP advises, and so does text that begins with an apostrophe: whoever takes one off has every cell as it was.
 * Numbers stay numbers.
 *
 * @param rows - arrays, or objects with the columns
 * @param options.header - write the names of the columns first
 */
export function toCsv(rows: readonly unknown[], options: Pick<Options, 'header' | 'columns'> = {}): string {
  return stringify([...rows], { ...options, escape_formulas: true, cast: { string: marked } });
}

/** What the package leaves as it is. */
function marked(text: string): string {
  return /^['\n]/.test(text) ? `'${text}` : text;
}

/** The text of a cell that {@link toCsv} may have written; what it did not mark stays as it is. */
export function fromCsvCell(cell: string): string {
  return /^'['=+\-@\t\r\n＝＋－＠]/.test(cell) ? cell.slice(1) : cell;
}
