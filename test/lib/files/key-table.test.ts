import { expect } from 'chai';
import { KeyTable } from '../../../src/lib/files/key-table.js';

describe('KeyTable', () => {
  it('tells what was seen, among many', () => {
    const table = new KeyTable();
    const keys = Array.from({ length: 20_000 }, (_, index) => `photos/${index}.jpg`);
    expect(keys.every((key) => table.add(key))).to.equal(true);
    expect(keys.some((key) => table.add(key))).to.equal(false);
    expect([table.size, table.has('photos/7.jpg'), table.has('photos/-1.jpg')]).to.deep.equal([
      20_000,
      true,
      false,
    ]);
  });

  it('keeps the first value of a key, or the one that is set', () => {
    const table = new KeyTable({ withValues: true });
    for (let index = 0; index < 5000; index++) table.add(`${index}`, index * 2 ** 33);
    table.add('7', 1);
    table.set('8', 5);
    table.set('new', 6);
    expect(['7', '8', 'new', 'none'].map((key) => table.get(key))).to.deep.equal([
      7 * 2 ** 33,
      5,
      6,
      undefined,
    ]);
    expect(table.get('4999')).to.equal(4999 * 2 ** 33);
  });
});
