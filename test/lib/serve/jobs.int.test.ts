import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import type { Prediction } from '../../../src/lib/predict/result.js';
import type { JobDocument } from '../../../src/lib/serve/jobs/job.js';
import { parseAllowedHosts } from '../../../src/lib/serve/outbound/allowed-hosts.js';
import { describeWith } from '../../support/batch.js';
import { redisForSuite } from '../../support/redis.js';
import {
  form,
  picture,
  problemCode,
  startTestServer,
  untilReadiness,
  type TestServer,
} from '../../support/server.js';
import { holdWorkers, workersOf } from '../../support/workers.js';

const LOOPBACK = '127.0.0.0/8';
const KEY = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** A server that answers as a test wants, on a free port. */
async function answering(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ host: string; url: string; server: Server }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, url: `http://${host}`, server };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

describe('jobs in memory', () => {
  jobs(() => undefined);
});

describeWith('redis-server', 'jobs in Redis', () => {
  const redis = redisForSuite();

  jobs(() => redis.url);

  it('are seen and worked on by every server', async () => {
    const [one, other] = [
      await startTestServer({ redis: redis.url }),
      await startTestServer({ redis: redis.url }),
    ];
    try {
      const { id } = (await (
        await fetch(`${one.url}/v1/jobs`, { method: 'POST', body: await picture() })
      ).json()) as JobDocument;
      const { state } = await ended(other, id);
      expect(state).to.equal('completed');
    } finally {
      await Promise.all([one.stop(5000), other.stop(5000)]);
    }
  });

  it('come with rates that servers count together', async () => {
    const rates = { redis: redis.url, rate: 3 };
    const [one, other] = [await startTestServer(rates), await startTestServer(rates)];
    try {
      const said: number[] = [];
      for (const { url } of [one, other, one, other, one])
        said.push((await fetch(`${url}/v1/models`)).status);
      expect(said).to.deep.equal([200, 200, 200, 429, 429]);
    } finally {
      await Promise.all([one.stop(0), other.stop(0)]);
    }
  });

  it('wait for the next server where one stops', async () => {
    const one = await startTestServer({ redis: redis.url });
    const letGo = holdWorkers();
    const photos = { a: await picture(), b: await picture(40), c: await picture(60) };
    const { id } = (await (
      await fetch(`${one.url}/v1/jobs`, { method: 'POST', body: form(photos) })
    ).json()) as JobDocument;
    const stopped = one.stop(20_000);
    letGo();
    await stopped;
    const other = await startTestServer({ redis: redis.url });
    try {
      const { state, results } = await ended(other, id);
      expect([state, results.map(({ image }) => image)]).to.deep.equal(['completed', ['a', 'b', 'c']]);
    } finally {
      await other.stop(5000);
    }
  });

  it('say that Redis is gone, and go on when it is back', async () => {
    const server = await startTestServer({ redis: redis.url });
    try {
      await redis.kill('SIGTERM');
      const refused = await fetch(`${server.url}/v1/jobs`, { method: 'POST', body: await picture() });
      expect(await problemCode(refused)).to.equal('503 QUEUE_UNAVAILABLE');
      // What needs no Redis is answered.
      const predicted = await fetch(`${server.url}/v1/predict`, { method: 'POST', body: await picture() });
      expect(predicted.status).to.equal(200);
      await redis.start();
      let answer = refused;
      while (answer.status !== 202) {
        await sleep(50);
        answer = await fetch(`${server.url}/v1/jobs`, { method: 'POST', body: await picture() });
      }
      expect((await ended(server, ((await answer.json()) as JobDocument).id)).state).to.equal('completed');
    } finally {
      await server.stop(5000);
    }
  });
});

async function ask(server: TestServer, id: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${server.url}/v1/jobs/${id}`, init);
}

async function ended(server: TestServer, id: string, init: RequestInit = {}): Promise<JobDocument> {
  for (;;) {
    const job = (await (await ask(server, id, init)).json()) as JobDocument;
    if (!['queued', 'running'].includes(job.state)) return job;
    await sleep(10);
  }
}

/** What holds wherever jobs are kept. */
function jobs(redisUrl: () => string | undefined): void {
  let server: TestServer;
  let photo: Buffer;
  const helpers: Server[] = [];

  before(async () => {
    photo = await picture();
  });

  async function helper(...given: Parameters<typeof answering>): ReturnType<typeof answering> {
    const made = await answering(...given);
    helpers.push(made.server);
    return made;
  }

  /** One server for all tests of a suite: most of the time of a test is its start. */
  function serve(options: () => Promise<Parameters<typeof startTestServer>[0]>): void {
    before(async () => {
      server = await startTestServer({ redis: redisUrl(), ...(await options()) });
    });
    after(async () => {
      await server.stop(5000);
      for (const one of helpers.splice(0)) {
        one.closeAllConnections();
        one.close();
      }
    });
  }

  function post(body: NonNullable<RequestInit['body']>, query = '', headers = {}): Promise<Response> {
    return fetch(`${server.url}/v1/jobs${query}`, { method: 'POST', body, headers });
  }

  function postUrls(urls: unknown, headers = {}): Promise<Response> {
    return post(JSON.stringify({ urls }), '', { 'content-type': 'application/json', ...headers });
  }

  async function created(response: Promise<Response>): Promise<JobDocument> {
    const answer = await response;
    expect(answer.status).to.equal(202);
    return (await answer.json()) as JobDocument;
  }

  describe('of a server that may ask others', () => {
    let images: Awaited<ReturnType<typeof answering>>;
    let elsewhere: typeof images;
    let hook: typeof images;
    const seen: { headers: Record<string, string>; body: string }[] = [];

    serve(async () => {
      elsewhere = await helper((_request, response) => response.end(photo));
      images = await helper((request, response) => {
        if (request.url === '/there.png') response.writeHead(302, { location: '/photo.png' }).end();
        else if (request.url === '/away.png') response.writeHead(302, { location: elsewhere.url }).end();
        else if (request.url === '/round') response.writeHead(302, { location: '/round' }).end();
        else if (request.url === '/missing') response.writeHead(404).end();
        else if (request.url === '/large') response.write(Buffer.alloc(1_100_000));
        else response.end(photo);
      });
      hook = await helper((request, response) => {
        void bodyOf(request).then((body) => {
          seen.push({ headers: request.headers as Record<string, string>, body });
          response.writeHead(seen.length < 3 ? 503 : 204).end();
        });
      });
      return {
        jobs: {
          imageHosts: parseAllowedHosts(images.host, LOOPBACK),
          webhookHosts: parseAllowedHosts(hook.host, LOOPBACK),
          webhookKeys: [Buffer.alloc(32, 9), Buffer.alloc(32, 7)],
          webhookRetryMs: 10,
        },
      };
    });

    it('are taken in with 202 and a location, and answer what a request is answered', async () => {
      const answer = await post(form({ 'a.png': photo, 'b.jpg': Buffer.from('no image') }), '?minArea=3');
      const job = (await answer.json()) as JobDocument;
      expect([answer.status, answer.headers.get('location')]).to.deep.equal([202, `/v1/jobs/${job.id}`]);
      expect(job).to.include({ state: 'queued', schemaVersion: 1 });
      const done = await ended(server, job.id);
      expect(done.images).to.deep.equal({ total: 2, done: 2 });
      const batch = (await (
        await fetch(`${server.url}/v1/predict/batch?minArea=3`, { method: 'POST', body: form({ a: photo }) })
      ).json()) as { results: Prediction[] };
      const [first, second] = done.results as [Prediction, { error: { code: string } }];
      expect([first.score, first.regions, first.image]).to.deep.equal([
        batch.results[0]!.score,
        batch.results[0]!.regions,
        'a.png',
      ]);
      expect(second.error.code).to.equal('IMAGE_UNRECOGNISED');
      expect(Date.parse(done.expiresAt!)).to.be.greaterThan(Date.parse(done.endedAt!));
      const text = await (await fetch(`${server.url}/metrics`)).text();
      expect(text).to.match(/^ofx_jobs_total\{state="completed"\} 1$/m);
      expect(text).to.match(/^ofx_jobs\{state="queued"\} 0$/m);
    });

    it('are cancelled while they wait or run, and forgotten when they have ended', async () => {
      const letGo = holdWorkers();
      const [first, second] = [await created(post(photo)), await created(post(photo))];
      for (const { id } of [second, first]) {
        const answer = await ask(server, id, { method: 'DELETE' });
        expect([answer.status, ((await answer.json()) as JobDocument).state]).to.deep.equal([
          200,
          'cancelled',
        ]);
      }
      letGo();
      const third = await created(post(photo));
      await ended(server, third.id);
      expect(await ask(server, first.id).then((one) => one.json())).to.deep.include({
        state: 'cancelled',
        results: [],
      });
      for (const { id } of [first, third]) {
        expect((await ask(server, id, { method: 'DELETE' })).status).to.equal(204);
        expect(await problemCode(await ask(server, id))).to.equal('404 JOB_NOT_FOUND');
      }
    });

    it('go on when a worker is killed', async () => {
      const letGo = holdWorkers();
      const { id } = await created(post(photo));
      await untilReadiness(server, { running: 1 });
      for (const pid of workersOf()) process.kill(pid, 'SIGKILL');
      letGo();
      const { state, results } = await ended(server, id);
      expect(state).to.equal('completed');
      expect(results[0]).to.have.property('score');
    });

    it('fetch images, from hosts that are allowed alone, through redirects to such', async () => {
      const paths = ['/photo.png', '/there.png', '/away.png', '/round', '/missing', '/large'];
      const { id } = await created(postUrls(paths.map((path) => images.url + path)));
      const { results } = await ended(server, id);
      const said = results.map((result) => ('error' in result ? result.error.code : result.image));
      expect(said).to.deep.equal([
        'photo.png',
        'there.png',
        'URL_NOT_ALLOWED',
        'FETCH_FAILED',
        'FETCH_FAILED',
        'IMAGE_TOO_LARGE',
      ]);
      for (const bad of [elsewhere.url, 'file:///etc/passwd', 'http://user:word@127.0.0.1/', 'nonsense'])
        expect(await problemCode(await postUrls([bad]))).to.equal('400 URL_NOT_ALLOWED');
      for (const bad of [[], 'a', [1], Array(65).fill(images.url)])
        expect(await problemCode(await postUrls(bad))).to.match(/^4\d\d (REQUEST_INVALID|TOO_MANY_PARTS)$/);
      expect(await problemCode(await post('{', '', { 'content-type': 'application/json' }))).to.equal(
        '400 REQUEST_INVALID',
      );
    });

    it('tell a webhook, signed, again until it listens', async () => {
      const { id } = await created(post(photo, `?webhook=${encodeURIComponent(`${hook.url}/told`)}`));
      let job = await ended(server, id);
      while (job.webhook!.state === 'pending') job = await ended(server, id);
      expect(job.webhook).to.deep.equal({ url: `${hook.url}/told`, state: 'delivered', attempts: 3 });
      for (const { headers, body } of seen) {
        const said = new Webhook(KEY).verify(body, headers) as { type: string; data: JobDocument };
        expect(said).to.deep.include({ type: 'job.completed' });
        expect([said.data.id, said.data.results.length, headers['webhook-id']]).to.deep.equal([id, 1, id]);
      }
      expect(() => new Webhook(KEY).verify(`${seen[0]!.body} `, seen[0]!.headers)).to.throw();
      expect(await problemCode(await post(photo, `?webhook=${encodeURIComponent(images.url)}`))).to.equal(
        '400 URL_NOT_ALLOWED',
      );
    });
  });

  describe('of a server with limits', () => {
    const [mine, others] = ['0123456789abcdef', 'fedcba9876543210'].map((token) => ({
      authorization: `Bearer ${token}`,
    })) as [{ authorization: string }, { authorization: string }];
    let names: string[];

    serve(async () => {
      const { url, host } = await helper((_request, response) => response.end(photo));
      const { port } = new URL(url);
      names = [`localhost:${port}`, host, `[::ffff:7f00:1]:${port}`, `[::1]:${port}`];
      return {
        tokens: ['mine predict 0123456789abcdef', 'others predict fedcba9876543210'],
        jobs: {
          most: 2,
          mostBytes: 1.5 * photo.length,
          expiryMs: 1500,
          imageHosts: parseAllowedHosts(names.join(','), '10.0.0.0/8'),
        },
      };
    });

    it('are refused beyond a number and beyond bytes, until there is room again', async () => {
      const letGo = holdWorkers();
      await created(post(photo, '', mine));
      const refused = await post(photo, '', mine);
      expect(Number(refused.headers.get('retry-after'))).to.be.at.least(1);
      expect(await problemCode(refused)).to.equal('503 OVERLOADED');
      const small = await picture(8);
      await created(post(small, '', mine));
      expect(await problemCode(await post(small, '', mine))).to.equal('503 OVERLOADED');
      letGo();
      let answer = await post(photo, '', mine);
      while (answer.status !== 202) answer = await post(photo, '', mine);
    });

    it('belong to the token that they came with', async () => {
      const { id } = await created(untilAccepted(() => post(photo, '', mine)));
      const theirs = { headers: others };
      expect(await problemCode(await ask(server, id, theirs))).to.equal('404 JOB_NOT_FOUND');
      expect(await problemCode(await ask(server, id, { method: 'DELETE', ...theirs }))).to.equal(
        '404 JOB_NOT_FOUND',
      );
      expect((await ask(server, id, { headers: mine })).status).to.equal(200);
    });

    it('expire', async () => {
      const { id } = await created(untilAccepted(() => post(photo, '', mine)));
      while ((await ask(server, id, { headers: mine })).status === 200) await sleep(20);
      expect(await problemCode(await ask(server, id, { headers: mine }))).to.equal('404 JOB_NOT_FOUND');
    });

    it('fetch nothing from a private address, whatever its name is', async () => {
      const urls = names.map((name) => `http://${name}/photo.png`);
      const { id } = await created(untilAccepted(() => postUrls(urls, mine)));
      const { results } = await ended(server, id, { headers: mine });
      expect(results.map((result) => 'error' in result && result.error.code)).to.deep.equal(
        names.map(() => 'URL_NOT_ALLOWED'),
      );
    });

    it('refuse webhooks where there is no key to sign them', async () => {
      const answer = await post(photo, '?webhook=http%3A%2F%2Fexample.org%2F', mine);
      expect(await problemCode(answer)).to.equal('400 REQUEST_INVALID');
    });
  });
}

/** Where there are others still, it waits for them. */
async function untilAccepted(send: () => Promise<Response>): Promise<Response> {
  let answer = await send();
  while (answer.status === 503) answer = await send();
  return answer;
}
