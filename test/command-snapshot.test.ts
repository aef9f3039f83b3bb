import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { commandSnapshot } from '../scripts/command-snapshot.js';

describe('the commands', () => {
  it('have the arguments and flags that scripts of users rely on (npm run snapshot)', async () => {
    const snapshot = await readFile(new URL('../command-snapshot.json', import.meta.url), 'utf8');
    expect(await commandSnapshot()).to.equal(snapshot);
  });
});
