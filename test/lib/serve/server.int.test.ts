import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { temporaryFolder } from '../../support/folder.js';
import { rejection } from '../../support/rejection.js';
import { startTestServer } from '../../support/server.js';

describe('startServer', () => {
  const folder = temporaryFolder();
  const { XDG_DATA_HOME } = process.env;

  afterEach(() => {
    if (XDG_DATA_HOME === undefined) delete process.env['XDG_DATA_HOME'];
    else process.env['XDG_DATA_HOME'] = XDG_DATA_HOME;
  });

  it('leaves out another model that is broken, a shipped one of its name too, and says so', async () => {
    process.env['XDG_DATA_HOME'] = folder.path;
    const broken = folder.file('ofx', 'models', 'objectformer-lite');
    await mkdir(broken, { recursive: true });
    await writeFile(folder.file('ofx', 'models', 'objectformer-lite', 'model.json'), '{');
    const server = await startTestServer();
    const { models } = (await (await fetch(`${server.url}/v1/models`)).json()) as {
      models: { name: string }[];
    };
    await server.stop(0);
    expect(models.map(({ name }) => name))
      .to.include('tiny')
      .and.not.include('objectformer-lite');
    expect(server.notes.join()).to.contain(broken);
  });

  it('refuses a proxy that is neither an address nor a network', async () => {
    const { code, message, suggestion } = await rejection(startTestServer({ trustProxy: '10.0.0.1, bogus' }));
    expect(code).to.equal('USAGE');
    expect(message).to.contain('bogus');
    expect(suggestion).to.contain('192.168.0.0/16');
  });
});
