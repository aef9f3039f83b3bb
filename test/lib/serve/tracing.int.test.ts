import { once } from 'node:events';
import { createServer, request as ask, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { parseTraceparent } from '../../../src/lib/serve/tracing/traceparent.js';
import { form, picture, startTestServer, untilReadiness, type TestServer } from '../../support/server.js';
import { holdWorkers } from '../../support/workers.js';

interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  status: { code: number };
  attributes: { key: string; value: Record<string, unknown> }[];
}

/** A collector that keeps what the real exporter sends it. */
class Collector {
  readonly spans: SentSpan[] = [];
  readonly resource = new Map<string, unknown>();
  /** Answered to whoever sends something. */
  status = 200;
  #paths = new Set<string>();
  readonly #server: Server;

  private constructor(port: number) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.#paths.add(request.url!);
        if (this.status === 200) this.#keep(JSON.parse(Buffer.concat(chunks).toString()) as Sent);
        response.writeHead(this.status, { 'content-type': 'application/json' }).end('{}');
      });
    }).listen(port, '127.0.0.1');
  }

  static async start(port = 0): Promise<Collector> {
    const collector = new Collector(port);
    await once(collector.#server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get paths(): string[] {
    return [...this.#paths];
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #keep({ resourceSpans }: Sent): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      for (const { key, value } of resource.attributes) this.resource.set(key, Object.values(value)[0]);
      for (const { spans } of scopeSpans) this.spans.push(...spans);
    }
  }
}

interface Sent {
  resourceSpans: {
    resource: { attributes: SentSpan['attributes'] };
    scopeSpans: { spans: SentSpan[] }[];
  }[];
}

function attributesOf({ attributes }: SentSpan): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('traces of requests', () => {
  let collector: Collector;
  let server: TestServer;
  let photo: Buffer;
  before(async () => {
    photo = await picture();
  });
  beforeEach(async () => {
    collector = await Collector.start();
    server = await startTestServer({
      otlpEndpoint: collector.url,
      tokens: ['shop predict a-token-of-the-shop'],
    });
  });
  afterEach(async () => {
    await server.stop(5000);
    collector.stop();
  });

  function post(body: Buffer | FormData, where = 'predict', traceparent?: string): Promise<Response> {
    return fetch(`${server.url}/v1/${where}`, {
      method: 'POST',
      body,
      headers: { authorization: 'Bearer a-token-of-the-shop', ...(traceparent && { traceparent }) },
    });
  }

  it('go on with the trace of the caller, and say how long each image took, and nothing of it', async () => {
    const answer = await post(photo, 'predict?size=64', `00-${TRACE}-${PARENT}-01`);
    const { score } = (await answer.json()) as { score: number };
    await fetch(`${server.url}/healthz`);
    await fetch(`${server.url}/`);
    await server.stop(5000);
    expect(collector.paths).to.deep.equal(['/v1/traces']);
    expect(collector.resource.get('service.name')).to.equal('ofx');
    const [image, request, ...others] = collector.spans;
    expect(others.map(({ name }) => name)).to.deep.equal([]);
    expect(request).to.include({ name: 'POST /v1/predict', traceId: TRACE, parentSpanId: PARENT, kind: 2 });
    expect(image).to.include({ name: 'image', traceId: TRACE, parentSpanId: request!.spanId });
    expect(attributesOf(request!)).to.include({
      'http.request.method': 'POST',
      'http.route': '/v1/predict',
      'http.response.status_code': 200,
      'url.path': '/v1/predict',
      'ofx.token': 'shop',
      'ofx.request_id': answer.headers.get('x-request-id'),
    });
    expect(attributesOf(image!)).to.include.keys('ofx.queue_ms', 'ofx.decode_ms', 'ofx.inference_ms');
    expect(JSON.stringify(collector.spans)).to.not.contain(String(score)).and.not.contain('a-token-of');
    const logged = server.log.find(({ route }) => route === '/v1/predict');
    expect(logged).to.include({ trace: TRACE });
  });

  it('are not sent where the caller does not record them; begin here where nobody names one', async () => {
    await post(photo, 'predict', `00-${TRACE}-${PARENT}-00`);
    await post(form({ a: photo, b: photo }), 'predict/batch');
    await server.stop(5000);
    expect(collector.spans.map(({ name }) => name)).to.deep.equal([
      'image',
      'image',
      'POST /v1/predict/batch',
    ]);
    const [trace] = new Set(collector.spans.map(({ traceId }) => traceId));
    expect(trace).to.not.equal(TRACE);
    expect(server.log.find(({ route }) => route === '/v1/predict/batch')).to.include({ trace });
  });

  it('say what failed, and whose fault it was', async () => {
    await post(photo.subarray(0, 60));
    await fetch(`${server.url}/v1/models`);
    const letGo = holdWorkers();
    const { hostname, port } = new URL(server.url);
    const client = ask({ hostname, port, method: 'POST', path: '/v1/predict' });
    client.setHeader('authorization', 'Bearer a-token-of-the-shop').on('error', () => undefined);
    client.end(photo);
    await untilReadiness(server, { running: 1 });
    client.destroy();
    while (!server.log.some(({ code }) => code === 'CLIENT_GONE')) await sleep(5);
    letGo();
    await server.stop(5000);
    const told = collector.spans.map((span) => [
      span.name,
      span.status.code,
      attributesOf(span)['error.type'],
    ]);
    expect(told).to.deep.include.members([
      ['image', 0, 'IMAGE_DAMAGED'],
      ['POST /v1/predict', 0, 'IMAGE_DAMAGED'],
      ['GET /v1/models', 0, 'UNAUTHORISED'],
      ['POST /v1/predict', 0, 'CLIENT_GONE'],
    ]);
  });

  it('are lost where the collector is away, which is logged once, and harm nobody', async () => {
    collector.status = 400;
    for (let i = 0; i < 3; i++) expect((await post(photo)).status).to.equal(200);
    await server.stop(5000);
    const complaints = server.log.filter(({ msg }) => String(msg).startsWith('Traces cannot be sent'));
    expect(complaints.map(({ level }) => level)).to.deep.equal([40]);
  });
});

describe('a collector', () => {
  it('is named by a URL', async () => {
    for (const otlpEndpoint of ['localhost:4318', 'ftp://collector', 'http://']) {
      const error = await startTestServer({ otlpEndpoint }).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect(error?.message, otlpEndpoint).to.contain('--otlp-endpoint');
    }
  });
});

describe('traceparent', () => {
  it('is read as the recommendation says', () => {
    const fit = `00-${TRACE}-${PARENT}-01`;
    expect(parseTraceparent(fit)).to.deep.equal({ traceId: TRACE, spanId: PARENT, traceFlags: 1 });
    // A later version may say more behind it.
    expect(parseTraceparent(`01-${TRACE}-${PARENT}-02-more`)?.traceFlags).to.equal(0);
    for (const unfit of [
      undefined,
      '',
      `ff-${TRACE}-${PARENT}-01`,
      `00-${'0'.repeat(32)}-${PARENT}-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `00-${TRACE.toUpperCase()}-${PARENT}-01`,
      `00-${TRACE}-${PARENT}`,
      `${fit}x`,
    ])
      expect(parseTraceparent(unfit), String(unfit)).to.equal(undefined);
  });
});
