import { expect } from 'chai';
import { findCopies } from '../../../src/lib/copies/find-copies.js';
import { asPhoto, LOOKALIKES } from './lookalikes.js';

/** Of six pictures of a kind, those that may be taken for copies: windows and equal numbers in a table are hard to tell from copies. */
const ALLOWED: Record<string, number> = { windows: 4, table: 1 };

describe('pictures in which things look alike and nothing was copied', () => {
  for (const [kind, draw] of Object.entries(LOOKALIKES)) {
    it(`are not taken for copies: ${kind}`, async () => {
      let alarms = 0;
      for (let seed = 1; seed <= 3; seed++) {
        for (const quality of [92, 70]) {
          if (findCopies(await asPhoto(await draw(seed), seed, quality)).pairs.length > 0) alarms++;
        }
      }
      expect(alarms).to.be.at.most(ALLOWED[kind] ?? 0);
    });
  }
});
