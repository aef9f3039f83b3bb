import { createServer, request, type Server } from 'node:http';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { BATCH_PYTHON, describeWith } from '../../support/batch.js';
import { temporaryFolder } from '../../support/folder.js';
import { ofx } from '../../support/ofx.js';
import { freePort, startMoto, type Service } from '../../support/s3.js';

const KEYS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };

interface Found {
  exitCode: number | undefined;
  states: Record<string, string>;
  text: string;
}

async function examine(place: string, env: Record<string, string> = {}, cwd?: string): Promise<Found> {
  const run = await ofx(['doctor', '--storage', place, '--json'], { env, ...(cwd !== undefined && { cwd }) });
  const { checks } = JSON.parse(run.stdout) as { checks: { name: string; state: string; detail: string }[] };
  return {
    exitCode: run.exitCode,
    states: Object.fromEntries(checks.map(({ name, state }) => [name.replace('Storage, ', ''), state])),
    text: checks.map(({ detail }) => detail).join('\n'),
  };
}

const ALL = {
  'writing and reading': 'ok',
  ranges: 'ok',
  listing: 'ok',
  'create-only writes': 'ok',
  races: 'ok',
};

describe('ofx doctor --storage', () => {
  const folder = temporaryFolder();

  it('finds a folder good, and leaves nothing in it', async () => {
    await mkdir(folder.file('runs'));
    expect(await examine(folder.file('runs'))).to.deep.include({ exitCode: 0, states: ALL });
    expect(await readdir(folder.file('runs'))).to.be.empty;
  });

  it('says why a place cannot be written to', async () => {
    await writeFile(folder.file('taken'), '');
    const { exitCode, states } = await examine(folder.file('taken'));
    expect([exitCode, states]).to.deep.equal([65, { 'writing and reading': 'broken' }]);
    const env = { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}` };
    const gone = await examine('s3://bucket/runs', env);
    expect([gone.exitCode, gone.text]).to.satisfy(
      ([code, text]: [number, string]) => code === 65 && text.includes('could not be reached'),
    );
  });

  describeWith(BATCH_PYTHON, 'on S3', () => {
    let moto: Service;
    const client = () => new S3Client({ endpoint: moto.url, region: 'us-east-1', forcePathStyle: true });
    before(async () => {
      moto = await startMoto();
      Object.assign(process.env, KEYS);
      await client().send(new CreateBucketCommand({ Bucket: 'results' }));
    });
    after(async () => {
      for (const name of Object.keys(KEYS)) Reflect.deleteProperty(process.env, name);
      await moto.stop();
    });

    /** moto behind a proxy that keeps a header from it, as a store that does not know it. */
    const without = async (header: string, use: (url: string) => Promise<void>): Promise<void> => {
      const server: Server = createServer((incoming, answer) => {
        const headers = Object.fromEntries(
          Object.entries(incoming.headers).filter(([name]) => name !== header),
        );
        const options = { method: incoming.method, headers, path: incoming.url };
        const onward = request(moto.url, options, (response) => {
          answer.writeHead(response.statusCode ?? 500, response.headers);
          response.pipe(answer);
        });
        incoming.pipe(onward);
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      server.closeAllConnections();
      server.close();
    };

    it('finds a store with conditions good', async () => {
      const env = { ...KEYS, AWS_ENDPOINT_URL: moto.url };
      expect(await examine('s3://results/trial', env)).to.deep.include({ exitCode: 0, states: ALL });
    });

    it('tells a store that ignores conditions or ranges', async () => {
      await without('if-none-match', async (url) => {
        const { exitCode, states, text } = await examine('s3://results/a', {
          ...KEYS,
          AWS_ENDPOINT_URL: url,
        });
        expect([exitCode, states]).to.deep.equal([0, { ...ALL, races: 'missing' }]);
        expect(text).to.contain('does not heed If-None-Match');
      });
      await without('range', async (url) => {
        const { exitCode, states } = await examine('s3://results/b', { ...KEYS, AWS_ENDPOINT_URL: url });
        expect([exitCode, states]).to.deep.equal([65, { ...ALL, ranges: 'broken' }]);
      });
    });
  });
});
