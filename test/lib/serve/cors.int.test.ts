import { expect } from 'chai';
import { parseOrigins } from '../../../src/lib/serve/cors.js';
import { startTestServer, type TestServer } from '../../support/server.js';

const APP = 'https://app.example.org';

describe('pages of other origins', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ origins: [APP], tokens: ['0123456789abcdef'] });
  });
  after(() => server.stop(0));

  function preflight(origin: string, path: string): Promise<Response> {
    const headers = { origin, 'access-control-request-method': 'DELETE' };
    return fetch(server.url + path, { method: 'OPTIONS', headers });
  }

  it('are answered before they show a token, where their origin is allowed', async () => {
    for (const path of ['/v1/predict', '/v1/jobs/1']) {
      const { status, headers } = await preflight(APP, path);
      expect([status, headers.get('access-control-allow-origin')]).to.deep.equal([204, APP]);
      expect(headers.get('access-control-allow-methods')).to.contain('DELETE');
      expect(headers.get('access-control-allow-headers')).to.contain('authorization');
    }
  });

  it('see answers and problems of /v1, and nothing of the rest', async () => {
    const headers = { origin: APP };
    const refused = await fetch(`${server.url}/v1/models`, { headers });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).to.deep.equal([401, APP]);
    expect(refused.headers.get('vary')).to.match(/origin/i);
    expect((await fetch(`${server.url}/metrics`, { headers })).headers.has('access-control-allow-origin')).to
      .be.false;
  });

  it('are allowed nothing from an origin that is not in the list', async () => {
    for (const origin of ['https://example.org', 'null', `${APP}.evil.example`, 'http://app.example.org']) {
      expect((await preflight(origin, '/v1/predict')).headers.has('access-control-allow-origin')).to.be.false;
    }
  });

  it('are listed as origins', () => {
    expect(parseOrigins(' https://a.org, http://localhost:3000')).to.deep.equal([
      'https://a.org',
      'http://localhost:3000',
    ]);
    for (const bad of ['*', 'a.org', 'https://a.org/', 'https://a.org/path', 'null'])
      expect(() => parseOrigins(bad)).to.throw('is not a valid origin');
  });
});
