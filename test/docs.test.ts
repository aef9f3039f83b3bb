import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { cliReference } from '../scripts/cli-reference.js';
import { metricsDoc } from '../scripts/metrics-doc.js';

describe('docs/', () => {
  it('defines every number as the sources do (npm run docs)', async () => {
    const document = await readFile(new URL('../docs/metrics.md', import.meta.url), 'utf8');
    expect(document).to.equal(await metricsDoc(document));
    expect(document).to.match(/\| `image\.auc` +\|/);
  });

  it('says of every command what --help says (npm run docs)', async () => {
    const document = await readFile(new URL('../docs/cli.md', import.meta.url), 'utf8');
    expect(document).to.equal(await cliReference());
    expect(document).to.contain('$ ofx predict INPUT');
  });
});
