import { expect } from 'chai';
import { parse } from 'csv-parse/sync';
import { fromCsvCell, toCsv } from '../../../src/lib/text/csv.js';

/** What spreadsheets take for a formula, by its first character, and what only looks like it. */
const CELLS = [
  '=1+1',
  '+1',
  '-1 dash.jpg',
  '@SUM(A1)',
  '\tTAB',
  '\rreturn',
  '\nline',
  '＝full width',
  "'quoted'.jpg",
  "''twice",
  "'=both",
  'plain.jpg',
  'a=b',
  '"; =1',
  '',
];

describe('CSV', () => {
  it('holds no text that begins like a formula, and every text can be had back', () => {
    const cells = parse(toCsv(CELLS.map((cell) => [cell, 'end']))).map(([cell]) => cell!);
    for (const cell of cells) expect(cell).to.not.match(/^[=+\-@\t\r\n＝＋－＠]/);
    expect(cells.map(fromCsvCell)).to.deep.equal(CELLS);
  });

  it('leaves numbers as they are, and text that no spreadsheet minds', () => {
    expect(toCsv([{ a: -0.5, b: 'x', c: null }], { header: true, columns: ['a', 'b', 'c'] })).to.equal(
      'a,b,c\n-0.5,x,\n',
    );
  });
});
