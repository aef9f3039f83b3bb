import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Prediction } from '../../../src/lib/predict/result.js';
import type { Problem } from '../../../src/lib/serve/problem.js';
import type { Readiness } from '../../../src/lib/serve/schemas.js';
import { temporaryFolder } from '../../support/folder.js';
import { installTinyModel } from '../../support/models.js';
import {
  form,
  picture,
  problemCode,
  startTestServer,
  untilReadiness,
  type TestOptions,
  type TestServer,
} from '../../support/server.js';
import { holdWorkers, workersOf } from '../../support/workers.js';

const TOKENS = ['clients predict a-token-for-clients', 'ops admin,metrics a-token-for-operators'];

describe('the model of a running service', () => {
  const folder = temporaryFolder();
  let server: TestServer;
  let photo: Buffer;
  let first: string;

  before(async () => {
    photo = await picture();
  });

  async function start(options: TestOptions = {}): Promise<void> {
    first = await installTinyModel(folder.file('model'));
    server = await startTestServer({ model: folder.file('model'), ...options });
  }

  afterEach(() => server.stop(0));

  function post(headers = {}): Promise<Response> {
    return fetch(`${server.url}/v1/predict`, { method: 'POST', body: photo, headers });
  }

  async function usedModel(): Promise<string> {
    return ((await (await post()).json()) as Prediction).model.sha256;
  }

  async function served(): Promise<unknown> {
    const { models } = (await (await fetch(`${server.url}/v1/models`)).json()) as {
      models: { default: boolean; variants: { inputSize: number; sha256: string }[] }[];
    };
    return models.find((model) => model.default)!.variants.find(({ inputSize }) => inputSize === 64)!.sha256;
  }

  async function metric(name: string): Promise<string | undefined> {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length + 1);
  }

  function until(wanted: Partial<Readiness>): Promise<void> {
    return untilReadiness(server, wanted);
  }

  async function replaceWorkers(): Promise<void> {
    const old = workersOf();
    for (const pid of old) process.kill(pid, 'SIGKILL');
    while (workersOf().some((pid) => old.includes(pid)) || workersOf().length === 0) await until({});
    await until({ status: 'ready' });
  }

  /** Other bytes in the very file that is open. */
  async function overwrite(): Promise<() => Promise<void>> {
    const file = folder.file('model', 'tiny-64.onnx');
    const content = await readFile(file);
    await writeFile(file, 'no network');
    return () => writeFile(file, content);
  }

  it('is said to have changed where its folder was replaced, and stays in use, in new workers as well', async () => {
    await start();
    expect(await metric('ofx_model_changed_on_disk')).to.equal('0');
    const second = await installTinyModel(folder.file('model'), 1);
    expect(second).to.not.equal(first);
    await until({ modelChanged: true });
    expect(await metric('ofx_model_changed_on_disk')).to.equal('1');
    const warnings = server.log.filter(({ msg }) => String(msg).includes('changed on disk'));
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.have.property('files').that.includes(folder.file('model', 'tiny-64.onnx'));
    await replaceWorkers();
    expect([await usedModel(), await served()]).to.deep.equal([first, first]);
    // The folder itself may go.
    await rm(folder.file('model'), { recursive: true });
    await replaceWorkers();
    expect(await usedModel()).to.equal(first);
  });

  it('is no other one where the same files were written again', async () => {
    await start();
    await installTinyModel(folder.file('model'));
    await until({ modelChanged: false });
    expect(await metric('ofx_model_changed_on_disk')).to.equal('0');
  });

  it('is missed where its file was overwritten: log, readiness and metrics say so, until it is back', async () => {
    await start();
    const restore = await overwrite();
    process.kill(workersOf()[0]!, 'SIGKILL');
    await until({ status: 'loading', modelChanged: true });
    const saysWhy = (line: object): boolean => 'code' in line && line.code === 'MODEL_CORRUPT';
    while (!server.log.some(saysWhy)) await until({ status: 'loading' });
    expect(server.log.find(saysWhy)).to.include({ level: 50, ready: 0, wanted: 1 });
    expect(await metric('ofx_workers_ready')).to.equal('0');
    expect(await metric('ofx_worker_restarts_total{reason="unusable"}')).to.not.equal('0');
    // Our fault, for a batch as for one image, and our paths are no business of a stranger's.
    for (const [address, body] of [
      ['/v1/predict', photo],
      ['/v1/predict/batch', form({ photo })],
    ] as const) {
      const refused = await fetch(server.url + address, { method: 'POST', body });
      const text = await refused.text();
      expect([refused.status, (JSON.parse(text) as Problem).code]).to.deep.equal([500, 'MODEL_CORRUPT']);
      expect(text).to.not.contain(folder.path);
    }
    await restore();
    await until({ status: 'ready', modelChanged: false });
    expect((await post()).status).to.equal(200);
  });

  it('is used by those workers that have it where another cannot load it, which shows', async () => {
    await start({ concurrency: 2 });
    await until({ workers: { ready: 2, wanted: 2 } });
    await overwrite();
    process.kill(workersOf()[0]!, 'SIGKILL');
    await until({ status: 'degraded', workers: { ready: 1, wanted: 2 } });
    expect((await fetch(`${server.url}/readyz`)).status).to.equal(200);
    expect((await post()).status).to.equal(200);
    expect(server.log.find(({ code }) => code === 'MODEL_CORRUPT')).to.include({ ready: 1, wanted: 2 });
  });

  it('is another one after a reload; one that cannot be loaded leaves the old in service', async () => {
    await start();
    const second = await installTinyModel(folder.file('model'), 1);
    await server.reload();
    expect([await usedModel(), await served()]).to.deep.equal([second, second]);
    expect(await metric('ofx_reloads_total{result="done"}')).to.equal('1');
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text.match(/^ofx_model_info\{.*/gm)).to.have.length(1);
    expect(text).to.contain(`sha256="${second}"`);
    for (const breakIt of [
      () => writeFile(folder.file('model', 'model.json'), '{'),
      () => rm(folder.file('model'), { recursive: true }),
    ]) {
      await breakIt();
      await server.reload();
      expect([await usedModel(), await served()]).to.deep.equal([second, second]);
    }
    expect(await metric('ofx_reloads_total{result="failed"}')).to.equal('2');
    expect(server.log.filter(({ msg }) => String(msg).startsWith('The reload failed'))).to.have.length(2);
    await untilGone(2);
  });

  /** Old workers end once they have done what they have. */
  async function untilGone(most: number): Promise<void> {
    while (workersOf().length > most) await until({});
  }

  it('answers what it began with, whatever is loaded meanwhile', async () => {
    await start();
    const letGo = holdWorkers();
    const running = post();
    await until({ running: 1 });
    const waiting = post();
    await until({ waiting: 1 });
    const second = await installTinyModel(folder.file('model'), 1);
    await server.reload();
    expect(await usedModel()).to.equal(second);
    letGo();
    for (const response of [await running, await waiting]) {
      expect(((await response.json()) as Prediction).model.sha256).to.equal(first);
    }
    await untilGone(1);
  });

  it('is reloaded under load, five times and two of them broken: no request fails, and answers switch once each', async () => {
    await start({ concurrency: 2 });
    const editions = [first];
    let loading = true;
    const client = async (): Promise<string[]> => {
      const seen: string[] = [];
      while (loading || seen.at(-1) !== editions.at(-1)) {
        const response = await post();
        expect(response.status).to.equal(200);
        seen.push(((await response.json()) as Prediction).model.sha256);
      }
      return seen;
    };
    const clients = Promise.all([client(), client(), client()]);
    for (const edition of [1, 'broken', 2, 'broken', 3] as const) {
      if (edition === 'broken') {
        await writeFile(folder.file('model', 'model.json'), '{}');
      } else editions.push(await installTinyModel(folder.file('model'), edition));
      await server.reload();
    }
    loading = false;
    for (const seen of await clients) {
      const switched = seen.filter((hash, index) => hash !== seen[index - 1]);
      expect(switched).to.deep.equal([...new Set(switched)]);
      expect(editions.filter((hash) => switched.includes(hash))).to.deep.equal(switched);
    }
    expect(await metric('ofx_reloads_total{result="done"}')).to.equal('3');
    expect(await metric('ofx_reloads_total{result="failed"}')).to.equal('2');
    await untilGone(2);
  });

  it('is reloaded over HTTP by whoever shows a token for it, and the tokens with it', async () => {
    const tokens = [...TOKENS];
    await start({ tokens });
    const reload = (token: string): Promise<Response> =>
      fetch(`${server.url}/admin/reload`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    expect(await problemCode(await reload('nobody-knows-this-one'))).to.equal('401 UNAUTHORISED');
    expect(await problemCode(await reload('a-token-for-clients'))).to.equal('403 FORBIDDEN');
    const second = await installTinyModel(folder.file('model'), 1);
    const done = await reload('a-token-for-operators');
    expect(done.status).to.equal(200);
    expect(await done.json()).to.have.nested.property('model.sha256', second);

    await writeFile(folder.file('model', 'tiny-64.onnx'), 'no network');
    const refused = await reload('a-token-for-operators');
    expect(await problemCode(refused.clone())).to.equal('422 RELOAD_FAILED');
    expect(((await refused.json()) as Problem).detail).to.contain('tiny-64.onnx');

    await installTinyModel(folder.file('model'), 2);
    tokens[0] = 'clients predict another-token-for-clients';
    expect((await reload('a-token-for-operators')).status).to.equal(200);
    expect((await post({ authorization: 'Bearer a-token-for-clients' })).status).to.equal(401);
    expect((await post({ authorization: 'Bearer another-token-for-clients' })).status).to.equal(200);
    // A token is good for what it is for.
    expect((await post({ authorization: 'Bearer a-token-for-operators' })).status).to.equal(403);
    expect(server.log.find(({ route }) => route === '/admin/reload')).to.have.property('status', 401);
    expect(server.log.filter(({ token }) => token === 'ops')).to.not.have.length(0);
  });

  for (const [what, tokens] of [
    ['without tokens', []],
    ['where no token is for it', ['a-token-without-a-name']],
  ] as const) {
    it(`is not reloaded over HTTP ${what}`, async () => {
      await start({ tokens });
      const headers = { authorization: 'Bearer a-token-without-a-name' };
      const response = await fetch(`${server.url}/admin/reload`, { method: 'POST', headers });
      expect(await problemCode(response)).to.equal('404 ROUTE_NOT_FOUND');
    });
  }
});
