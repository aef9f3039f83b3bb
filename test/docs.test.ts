import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
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

  it('has reports that name no place of the machine that made them', async () => {
    const reports = new URL('../reports/', import.meta.url);
    const names = (await readdir(reports, { recursive: true })).filter((name) =>
      name.endsWith('summary.json'),
    );
    expect(names).to.have.length.above(1);
    for (const name of names) {
      const { dataset } = JSON.parse(await readFile(new URL(name, reports), 'utf8')) as {
        dataset: { location: string };
      };
      expect(path.isAbsolute(dataset.location), `${name}: ${dataset.location}`).to.equal(false);
    }
  });
});
