import { chmod, mkdir } from 'node:fs/promises';
import { expect } from 'chai';
import type { Check } from '../../src/lib/models/doctor.js';
import { temporaryFolder } from '../support/folder.js';
import { TINY_MODEL } from '../support/models.js';
import { ofx } from '../support/ofx.js';
import { expectSchema } from '../support/schema.js';

describe('ofx doctor', () => {
  const folder = temporaryFolder();

  it('finds what is wrong and names what fixes it', async () => {
    const env = { XDG_DATA_HOME: folder.file('data'), OFX_PYTHON: folder.file('no-python') };
    await ofx(['models', 'install', TINY_MODEL], { env });
    const { stdout } = await ofx(['doctor', '--json'], { env });
    await expectSchema('doctor', JSON.parse(stdout));
    const { checks } = JSON.parse(stdout) as { checks: Check[] };
    const state = Object.fromEntries(checks.map(({ name, state }) => [name, state]));
    expect(state).to.include({
      Images: 'ok',
      'ONNX Runtime': 'ok',
      'Model tiny at 288': 'ok',
      // Two precisions of a size are told apart.
      'Model objectformer-lite at 380 in fp32': 'ok',
      'Model objectformer-lite at 380 in int8': 'ok',
      'Data folder': 'ok',
      Python: 'missing',
    });
    expect(checks.find(({ name }) => name === 'Python')?.fix).to.contain('ofx convert --setup');
  });

  it('tells of a data folder that cannot be written', async () => {
    await mkdir(folder.file('data'));
    await chmod(folder.file('data'), 0o555);
    const { stdout } = await ofx(['doctor'], {
      env: { XDG_DATA_HOME: folder.file('data') },
      unprivileged: true,
    });
    expect(stdout)
      .to.match(/missing +Data folder: .*cannot be written/)
      .and.to.contain('→ Set XDG_DATA_HOME');
  });
});
