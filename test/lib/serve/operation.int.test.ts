import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import type { PredictReport } from '../../../src/lib/predict/result.js';
import { findToken, parseTokens } from '../../../src/lib/serve/access.js';
import type { Readiness } from '../../../src/lib/serve/schemas.js';
import { ROOT } from '../../support/ofx.js';
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

describe('the running service', () => {
  let server: TestServer;
  let photo: Buffer;

  before(async () => {
    photo = await picture();
  });

  async function start(options: TestOptions = {}): Promise<void> {
    server = await startTestServer(options);
  }

  afterEach(() => server.stop(10_000));

  function post(body: Buffer, options: RequestInit = {}): Promise<Response> {
    return fetch(`${server.url}/v1/predict`, { method: 'POST', body, ...options });
  }

  function until(wanted: Partial<Readiness>): Promise<void> {
    return untilReadiness(server, wanted);
  }

  it('lets as many wait as it says, refuses the next with Retry-After, and is well all the while', async () => {
    await start({ concurrency: 1, queue: 1 });
    const letGo = holdWorkers();
    const running = post(photo);
    await until({ running: 1 });
    const waiting = post(photo);
    await until({ waiting: 1, status: 'full' });
    const refused = await post(photo);
    expect(Number(refused.headers.get('retry-after'))).to.be.at.least(1);
    expect(await problemCode(refused)).to.equal('503 OVERLOADED');
    expect((await fetch(`${server.url}/readyz`)).status).to.equal(503);
    expect((await fetch(`${server.url}/healthz`)).status).to.equal(200);
    letGo();
    expect([(await running).status, (await waiting).status]).to.deep.equal([200, 200]);
    await until({ status: 'ready' });
  });

  it('gives the place of a client that went away to the next', async () => {
    await start({ concurrency: 1, queue: 1 });
    const letGo = holdWorkers();
    const running = post(photo);
    await until({ running: 1 });
    const gone = new AbortController();
    const waiting = post(photo, { signal: gone.signal }).catch(() => 'gone');
    await until({ waiting: 1 });
    gone.abort();
    expect(await waiting).to.equal('gone');
    await until({ waiting: 0 });
    const next = post(photo);
    await until({ waiting: 1 });
    letGo();
    expect([(await running).status, (await next).status]).to.deep.equal([200, 200]);
  });

  it('answers within its deadline', async () => {
    await start({ concurrency: 1, deadlineMs: 300 });
    holdWorkers();
    const response = await post(photo);
    expect(response.headers.get('retry-after')).to.not.equal(null);
    expect(await problemCode(response)).to.equal('503 DEADLINE_EXCEEDED');
  });

  it('costs one request when a worker is killed, and starts another', async () => {
    // One worker, so that it is known which one has the task.
    await start({ concurrency: 1 });
    const [victim] = workersOf();
    holdWorkers();
    const first = post(photo);
    await until({ running: 1 });
    const others = [post(photo), post(photo), post(photo)];
    process.kill(victim!, 'SIGKILL');
    expect(await problemCode(await first)).to.equal('500 WORKER_LOST');
    expect((await Promise.all(others)).map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    expect(workersOf()).to.have.length(1).and.not.include(victim);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).to.contain('ofx_worker_restarts_total{reason="crashed"} 1');
    expect(server.log.find(({ hadImage }) => hadImage))
      .to.have.property('msg')
      .that.contains('the process ended by SIGKILL');
  });

  it('logs why an image of a batch has no result, where that is our fault', async () => {
    await start({ concurrency: 1 });
    holdWorkers();
    const body = form({ lost: photo, photo });
    const batch = fetch(`${server.url}/v1/predict/batch`, { method: 'POST', body });
    await until({ running: 1 });
    process.kill(workersOf()[0]!, 'SIGKILL');
    const { results } = (await (await batch).json()) as PredictReport;
    expect(results[0]).to.have.nested.property('error.code', 'WORKER_LOST');
    expect(results[1]).to.have.property('score');
    const lost = server.log.find(({ code }) => code === 'WORKER_LOST');
    expect(lost).to.have.property('level', 50);
  });

  it('replaces workers after their share of images, and loses none', async () => {
    await start({ concurrency: 2, recycle: { images: 3, rss: Infinity } });
    const before = workersOf();
    const statuses: number[] = [];
    for (let round = 0; round < 10; round++) {
      statuses.push(...(await Promise.all([post(photo), post(photo)])).map(({ status }) => status));
    }
    expect(new Set(statuses)).to.deep.equal(new Set([200]));
    while (workersOf().some((pid) => before.includes(pid))) await post(photo);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).to.match(/ofx_worker_restarts_total\{reason="recycled"\} [1-9]/);
    expect(metrics).to.contain('ofx_worker_restarts_total{reason="crashed"} 0');
  });

  it('finishes what it has when it is stopped, and takes nothing new', async () => {
    await start({ concurrency: 1 });
    const letGo = holdWorkers();
    const running = post(photo);
    await until({ running: 1 });
    const stopped = server.stop(60_000);
    letGo();
    expect((await running).status).to.equal(200);
    await stopped;
    expect(await post(photo).catch(() => 'refused')).to.equal('refused');
    expect(workersOf()).to.deep.equal([]);
  });

  it('stops with the last answer, whatever clients keep open', async () => {
    await start({ concurrency: 1 });
    const { hostname, port } = new URL(server.url);
    // As a browser does in advance, and never asks anything over it.
    const silent = connect(Number(port), hostname);
    const half = connect(Number(port), hostname, () => half.write('GET /healthz HTTP/1.1\r\nHost: x\r\n'));
    const closed = [silent, half].map((socket) => once(socket.resume(), 'close'));
    const keeping = new Agent({ keepAlive: true });
    const ask = (options: RequestOptions, body?: Buffer): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        const asked = request(server.url, { agent: keeping, ...options }, resolve);
        asked.on('error', reject).end(body);
      });
    // One more that was used before, and is idle now.
    (await ask({ path: '/healthz' })).resume();
    const letGo = holdWorkers();
    const running = ask({ path: '/v1/predict', method: 'POST' }, photo);
    await until({ running: 1 });
    // Longer than any test may take: it only ends by itself.
    const stopped = server.stop(3_600_000);
    letGo();
    const answer = await running;
    expect([answer.statusCode, answer.headers.connection]).to.deep.equal([200, 'close']);
    answer.resume();
    await Promise.all([stopped, ...closed]);
    keeping.destroy();
  });

  it('does not wait for work that nobody waits for', async () => {
    await start({ concurrency: 1 });
    holdWorkers();
    const gone = new AbortController();
    const running = post(photo, { signal: gone.signal }).catch(() => 'gone');
    await until({ running: 1 });
    gone.abort();
    await running;
    await server.stop(3_600_000);
    expect(workersOf()).to.deep.equal([]);
  });

  it('limits the rate of each client, and says when to come back', async () => {
    await start({ rate: 2 });
    const responses = [await post(photo), await post(photo), await post(photo)];
    const retryAfter = Number(responses[2]!.headers.get('retry-after'));
    expect(retryAfter).to.be.within(1, 60);
    expect(await Promise.all(responses.map(problemCode))).to.deep.equal(['200', '200', '429 RATE_LIMITED']);
    expect((await fetch(`${server.url}/healthz`)).status).to.equal(200);
  });

  it('tells clients apart behind a proxy that it trusts', async () => {
    await start({ rate: 1, trustProxy: '127.0.0.1' });
    const from = (client: string) => post(photo, { headers: { 'x-forwarded-for': client } });
    const statuses = [await from('10.0.0.1'), await from('10.0.0.2'), await from('10.0.0.1')];
    expect(statuses.map(({ status }) => status)).to.deep.equal([200, 200, 429]);
  });

  it('asks for a token where there are any', async () => {
    const token = 'correct-horse-battery';
    await start({ tokens: ['another-token-of-mine', token] });
    const refused = await post(photo);
    expect(refused.headers.get('www-authenticate')).to.equal('Bearer');
    expect(await problemCode(refused)).to.equal('401 UNAUTHORISED');
    const wrong = await post(photo, { headers: { authorization: `Bearer ${token}x` } });
    expect(wrong.status).to.equal(401);
    const right = await post(photo, { headers: { authorization: `Bearer ${token}` } });
    expect(right.status).to.equal(200);
    const open = ['/', '/healthz', '/readyz', '/docs/json', '/metrics', '/v1/models'];
    const statuses = await Promise.all(open.map(async (at) => (await fetch(server.url + at)).status));
    expect(statuses).to.deep.equal([200, 200, 200, 200, 401, 401]);
  });

  it('limits wrong tokens at /metrics, and nobody who shows a right one', async () => {
    const token = 'correct-horse-battery';
    await start({ tokens: [token], rate: 2 });
    const scrape = (shown: string) =>
      fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${shown}` } });
    for (let scrapes = 0; scrapes < 5; scrapes++) expect((await scrape(token)).status).to.equal(200);
    const guesses = [await scrape('guess'), await scrape('another'), await scrape('third')];
    expect(guesses.map(({ status }) => status)).to.deep.equal([401, 401, 429]);
    expect(Number(guesses[2]!.headers.get('retry-after'))).to.be.within(1, 60);
    // Otherwise the limit would not keep anybody from guessing.
    expect((await scrape(token)).status).to.equal(429);
  });

  it('counts what it does for Prometheus', async () => {
    await start();
    const broken = await readFile(path.join(ROOT, 'test/fixtures/images/bad-pdf.jpg'));
    await post(photo);
    await post(broken);
    await fetch(`${server.url}/v1/predict/batch`, { method: 'POST', body: form({ photo, broken }) });
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
    const lines = (await response.text()).split('\n');
    expect(lines).to.include.members([
      'ofx_http_requests_total{method="POST",route="/v1/predict",status="200"} 1',
      'ofx_http_requests_total{method="POST",route="/v1/predict",status="415"} 1',
      'ofx_errors_total{code="IMAGE_UNSUPPORTED"} 2',
      'ofx_stage_seconds_count{stage="decode"} 2',
      'ofx_stage_seconds_count{stage="queue"} 2',
      'ofx_inference_seconds_count{model="tiny",size="64"} 2',
      'ofx_score_count 2',
      'ofx_queue_depth 0',
      'ofx_workers_ready 1',
    ]);
    for (const name of [
      'process_resident_memory_bytes',
      'ofx_workers_resident_memory_bytes',
      'ofx_model_info',
    ]) {
      expect(
        lines.some((line) => line.startsWith(name)),
        name,
      ).to.equal(true);
    }
  });

  it('takes over the ids that a proxy gives, and no others', async () => {
    await start();
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { 'x-request-id': 'edge-7f.3:1', traceparent: `00-${trace}-00f067aa0ba902b7-01` };
    const answer = await fetch(`${server.url}/v1/models`, { headers });
    expect(answer.headers.get('x-request-id')).to.equal('edge-7f.3:1');
    expect(server.log.find(({ reqId }) => reqId === 'edge-7f.3:1')).to.include({ trace, status: 200 });
    for (const given of ['a b', 'x'.repeat(101), '"quoted"']) {
      const other = await fetch(`${server.url}/v1/models`, { headers: { 'x-request-id': given } });
      expect(other.headers.get('x-request-id')).to.match(/^[0-9a-f-]{36}$/);
    }
  });

  it('keeps the files of the page out of how long answers take', async () => {
    await start();
    for (const at of ['/', '/page/page.js', '/v1/models']) await (await fetch(server.url + at)).text();
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).to.contain('ofx_http_requests_total{method="GET",route="page",status="200"} 2');
    expect(metrics).to.not.match(/^ofx_http_request_seconds.*route="(\/|\/page\/.*|page)"/m);
    expect(metrics).to.contain('ofx_http_request_seconds_count{route="/v1/models"} 1');
  });

  it('describes itself as OpenAPI 3.1, from the schemas that validate', async () => {
    await start();
    const api = (await (await fetch(`${server.url}/docs/json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { parameters?: { name: string }[]; requestBody?: unknown }>>;
    };
    expect(api.openapi).to.equal('3.1.0');
    expect(Object.keys(api.paths).sort()).to.deep.equal([
      '/healthz',
      '/metrics',
      '/readyz',
      '/v1/jobs',
      '/v1/jobs/{id}',
      '/v1/models',
      '/v1/predict',
      '/v1/predict/batch',
      '/v1/report',
    ]);
    const { parameters, requestBody } = api.paths['/v1/predict']!['post']!;
    expect(parameters!.map(({ name }) => name)).to.include.members(['model', 'size', 'mask', 'overlay']);
    expect(requestBody).to.have.nested.property('content.multipart/form-data');
    expect((await fetch(`${server.url}/docs`)).status).to.equal(200);
  });
});

describe('tokens', () => {
  it('are known, and nothing else is', () => {
    const tokens = parseTokens('first-token-of-two\nsecond-token-of-two\n', 'tokens');
    const isKnown = (header?: string): boolean => findToken(tokens, header) !== undefined;
    expect(isKnown('Bearer first-token-of-two')).to.equal(true);
    expect(isKnown('bearer second-token-of-two')).to.equal(true);
    for (const header of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Basic first-token-of-two',
      'first-token-of-two',
    ]) {
      expect(isKnown(header), header).to.equal(false);
    }
  });

  it('have names, scopes and hashes', () => {
    const hash = createHash('sha256').update('a-token-nobody-wrote-down').digest('hex');
    const text = `# ours\r\nplain-token-of-mine\n\ngrafana metrics  sha256:${hash}\nops admin,predict another-token-here\n`;
    const tokens = parseTokens(text, 'tokens.txt');
    expect(tokens.map(({ name, scopes }) => [name, scopes])).to.deep.equal([
      ['line 2 of tokens.txt', ['predict', 'metrics']],
      ['grafana', ['metrics']],
      ['ops', ['admin', 'predict']],
    ]);
    expect(findToken(tokens, 'Bearer a-token-nobody-wrote-down')?.name).to.equal('grafana');
    // The hash is no token.
    expect(findToken(tokens, `Bearer sha256:${hash}`)).to.equal(undefined);
    expect(findToken(tokens, `Bearer ${hash}`)).to.equal(undefined);
  });

  for (const [what, text, message] of [
    ['no token', '# nothing\n', /no token/],
    ['a short one', 'short', /line 1 .*16 characters/],
    ['a scope that is none', 'ops root long-enough-a-token', /line 1/],
    ['a line of another shape', 'ops admin long-enough-a-token more', /line 1/],
    ['a hash that is none', 'ops admin sha256:abc', /SHA-256/],
    ['a name twice', 'ops admin long-enough-a-token\nops predict another-token-here', /"ops"/],
  ] as const) {
    it(`are refused: ${what}`, () => {
      expect(() => parseTokens(text, 'tokens')).to.throw(message);
    });
  }
});
