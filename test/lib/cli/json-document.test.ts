import { expect } from 'chai';
import { JsonDocument } from '../../../src/lib/cli/json-document.js';

describe('a JSON document that is written while it grows', () => {
  const written = (items: unknown[], tail: Record<string, unknown>): string => {
    const texts: string[] = [];
    const head = { schemaVersion: 1, nested: { list: [1, { of: 'things' }] } };
    const document = new JsonDocument({ head, list: 'results' }, (text) => {
      texts.push(text);
    });
    for (const item of items) document.add(item);
    document.end(tail);
    return texts.join('');
  };

  for (const items of [[], [{}], [{ a: [], b: 'two\nlines  "quoted"' }, 3, null, [[1], { c: {} }]]]) {
    it(`is the text that JSON.stringify gives for ${items.length} items`, () => {
      const tail = { summary: { inputs: items.length }, gates: [] };
      const whole = {
        schemaVersion: 1,
        nested: { list: [1, { of: 'things' }] },
        results: items,
        ...tail,
      };
      expect(written(items, tail)).to.equal(`${JSON.stringify(whole, null, 2)}\n`);
    });
  }
});
