import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { readConfigFile } from '../../../src/lib/cli/settings.js';
import { readTokens } from '../../../src/lib/serve/access.js';
import { temporaryFolder } from '../../support/folder.js';

describe('texts with a byte-order mark', () => {
  const folder = temporaryFolder();

  it('are read like those without: settings, and tokens of the service', async () => {
    const config = folder.file('ofx.config.json');
    await writeFile(config, '\uFEFF{"threads": 2}');
    const known = { flags: new Set(['threads']), commands: new Map<string, Set<string>>() };
    expect(await readConfigFile(config, known)).to.deep.equal({ threads: 2 });

    const tokens = folder.file('tokens');
    await writeFile(tokens, `${'a'.repeat(32)}\n`);
    const plain = await readTokens(tokens);
    await writeFile(tokens, `\uFEFF${'a'.repeat(32)}\n`);
    expect(await readTokens(tokens)).to.deep.equal(plain);
  });
});
