import { expect } from 'chai';
import { Redis } from 'ioredis';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OfxError } from '../../../src/lib/core/errors.js';
import { parseTokens } from '../../../src/lib/serve/access.js';
import { parseQuota, spanOf } from '../../../src/lib/serve/quotas/quota.js';
import { Quotas } from '../../../src/lib/serve/quotas/quotas.js';
import { describeWith } from '../../support/batch.js';
import { redisForSuite } from '../../support/redis.js';
import { form, picture, problemCode, startTestServer, type TestServer } from '../../support/server.js';
import { workersOf } from '../../support/workers.js';

const TOKEN = 'a-shop-that-may-little';
const LINES = [`shop predict ${TOKEN} quota=3/day`, 'ops predict,metrics an-operator-may-all'];
const AS_SHOP = { authorization: `Bearer ${TOKEN}` };

function post(server: TestServer, body: Buffer | FormData, where = 'predict'): Promise<Response> {
  return fetch(`${server.url}/v1/${where}`, { method: 'POST', body, headers: AS_SHOP });
}

function remaining({ headers }: Response): number {
  return Number(headers.get('x-quota-remaining'));
}

describe('quotas of tokens', () => {
  let server: TestServer;
  let photo: Buffer;
  before(async () => {
    photo = await picture();
  });
  beforeEach(async () => {
    server = await startTestServer({ tokens: LINES });
  });
  afterEach(() => server.stop(10_000));

  it('count images, tell what is left, and refuse what is beyond them as a whole', async () => {
    const first = await post(server, photo);
    expect([first.status, first.headers.get('x-quota-limit'), remaining(first)]).to.deep.equal([200, '3', 2]);
    const batch = form({ a: photo, b: photo, c: photo });
    const refused = await post(server, batch, 'predict/batch');
    expect(refused.status).to.equal(429);
    expect(remaining(refused)).to.equal(2);
    expect(refused.headers.get('retry-after')).to.equal(refused.headers.get('x-quota-reset'));
    expect(await problemCode(refused)).to.equal('429 QUOTA_EXCEEDED');
    const job = await post(server, form({ a: photo, b: photo }), 'jobs');
    expect([job.status, remaining(job)]).to.deep.equal([202, 0]);
    expect((await post(server, photo)).status).to.equal(429);
  });

  it('bind one token, and nothing that costs no image', async () => {
    await post(server, form({ a: photo, b: photo, c: photo }), 'predict/batch');
    const asOps = { authorization: 'Bearer an-operator-may-all' };
    const others = await fetch(`${server.url}/v1/predict`, { method: 'POST', body: photo, headers: asOps });
    expect([others.status, others.headers.get('x-quota-limit')]).to.deep.equal([200, null]);
    expect((await fetch(`${server.url}/v1/models`, { headers: AS_SHOP })).status).to.equal(200);
    const metrics = await (await fetch(`${server.url}/metrics`, { headers: asOps })).text();
    expect(metrics).to.contain('ofx_quota_limit_images{token="shop",period="day"} 3');
    expect(metrics).to.contain('ofx_quota_used_images{token="shop",period="day"} 3');
    expect(metrics).not.to.contain('token="ops"');
  });

  it('count an image that is damaged, and none that is lost by our fault', async () => {
    const damaged = await post(server, photo.subarray(0, 60));
    expect([damaged.status, remaining(damaged)]).to.deep.equal([400, 2]);
    const [worker] = workersOf(process.pid);
    process.kill(worker!, 'SIGSTOP');
    const answer = post(server, photo);
    await untilRunning(server);
    process.kill(worker!, 'SIGKILL');
    const lost = await answer;
    expect([lost.status, remaining(lost)]).to.deep.equal([500, 2]);
  });
});

async function untilRunning({ url }: TestServer): Promise<void> {
  for (;;) {
    const { running } = (await (await fetch(`${url}/readyz`)).json()) as { running: number };
    if (running > 0) return;
  }
}

describeWith('redis-server', 'quotas in Redis', () => {
  const redis = redisForSuite();

  it('are those of all servers together', async () => {
    const options = { tokens: LINES, redis: redis.url };
    const servers = [await startTestServer(options), await startTestServer(options)];
    try {
      const photo = await picture();
      const left: [number, number][] = [];
      for (const server of [...servers, ...servers]) {
        const answer = await post(server, photo);
        left.push([answer.status, remaining(answer)]);
      }
      expect(left).to.deep.equal([
        [200, 2],
        [200, 1],
        [200, 0],
        [429, 0],
      ]);
    } finally {
      await Promise.all(servers.map((server) => server.stop(5000)));
    }
  });

  it('are never given away twice, begin anew with the period, and hold while Redis is away', async () => {
    const client = new Redis(redis.url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 });
    client.on('error', () => undefined);
    try {
      const clock = { now: Date.now() };
      const quotas = new Quotas(client, () => clock.now);
      const spent = async (): Promise<string> => {
        const tries = Array.from({ length: 20 }, () => spend(quotas, 'quota=5/hour', 1));
        const done = await Promise.all(tries);
        return `${done.filter((one) => one === 'done').length} of ${done.length}`;
      };
      expect(await spent()).to.equal('5 of 20');
      clock.now += 3_600_000;
      expect(await spent()).to.equal('5 of 20');
      await redis.kill();
      expect(await spent()).to.equal('5 of 20');
      await redis.start();
    } finally {
      client.disconnect();
    }
  });
});

/** One request of a token with a quota. */
async function spend(quotas: Quotas, quota: string, images: number): Promise<string> {
  const [token] = parseTokens(`one predict ${TOKEN} ${quota}`, 'tokens');
  const reply = { header: () => undefined } as unknown as FastifyReply;
  const request = { token } as FastifyRequest;
  return quotas
    .spend(request, reply, images, () => Promise.resolve('done'))
    .catch((error: unknown) => (error instanceof OfxError ? error.code : String(error)));
}

describe('a quota', () => {
  it('is a number of images in an hour, a day or a month of UTC', () => {
    expect(parseQuota('1000/day')).to.deep.equal({ images: 1000, period: 'day' });
    for (const bad of ['', '10', '10/week', '-1/day', '1e3/day', '10/Day', '1.5/hour', '10 /day'])
      expect(parseQuota(bad), bad).to.equal(undefined);
    const newYear = Date.UTC(2027, 0, 1);
    for (const period of ['hour', 'day', 'month'] as const)
      expect(spanOf(period, newYear - 1).endsAt).to.equal(newYear);
    expect(spanOf('day', newYear).id).to.equal('2027-01-01');
    expect(spanOf('hour', newYear).id).not.to.equal(spanOf('hour', newYear - 1).id);
  });

  it('stands behind a token, and is refused where it is none', () => {
    const [token] = parseTokens(LINES.join('\n'), 'tokens');
    expect(token!.quota).to.deep.equal({ images: 3, period: 'day' });
    for (const bad of ['quota=3', 'quota=3/week', '3/day', 'limit=3/day'])
      expect(() => parseTokens(`shop predict ${TOKEN} ${bad}`, 'tokens'), bad).to.throw(
        /Invalid quota .*line 1/,
      );
  });

  it('begins anew, in memory too, and refuses a request that it can never hold', async () => {
    const clock = { now: Date.UTC(2026, 1, 28, 23, 59) };
    const quotas = new Quotas(undefined, () => clock.now);
    expect(await spend(quotas, 'quota=2/month', 2)).to.equal('done');
    expect(await spend(quotas, 'quota=2/month', 1)).to.equal('QUOTA_EXCEEDED');
    clock.now += 60_000;
    expect(await spend(quotas, 'quota=2/month', 3)).to.equal('QUOTA_EXCEEDED');
    expect(await spend(quotas, 'quota=2/month', 2)).to.equal('done');
  });
});
