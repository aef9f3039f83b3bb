import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { ProblemSchema, type Problem } from '../../../src/lib/serve/problem.js';
import { ROOT } from '../../support/ofx.js';
import { form, picture, startTestServer, type TestServer } from '../../support/server.js';

const IMAGES = path.join(ROOT, 'test/fixtures/images');
const isProblem = new Ajv({ strict: false }).compile(ProblemSchema);

describe('problems', () => {
  let server: TestServer;
  let photo: Buffer;

  before(async () => {
    photo = await picture();
    server = await startTestServer();
  });

  after(() => server.stop(5000));

  /** Code and status, after the shape was checked. */
  async function problem(response: Response): Promise<string> {
    expect(response.headers.get('content-type')).to.match(/^application\/problem\+json/);
    const body = (await response.json()) as Problem;
    expect(isProblem(body), JSON.stringify(isProblem.errors)).to.equal(true);
    expect(body.status).to.equal(response.status);
    expect(body.requestId).to.equal(response.headers.get('x-request-id'));
    return `${response.status} ${body.code}`;
  }

  async function post(
    body: NonNullable<RequestInit['body']>,
    address = '/v1/predict',
    headers = {},
  ): Promise<string> {
    return problem(await fetch(server.url + address, { method: 'POST', body, headers }));
  }

  const BAD_IMAGES: Record<string, string> = {
    'bad-empty.jpg': '400 IMAGE_EMPTY',
    'bad-text.jpg': '415 IMAGE_UNRECOGNISED',
    'bad-pdf.jpg': '415 IMAGE_UNSUPPORTED',
    'bad-svg.jpg': '415 IMAGE_UNSUPPORTED',
    'bad-zip.png': '415 IMAGE_UNSUPPORTED',
    'bad-truncated.png': '400 IMAGE_DAMAGED',
    'bad-truncated-head.jpg': '400 IMAGE_DAMAGED',
    // A few kilobytes that claim 100,000 x 100,000 pixels.
    'bad-huge.png': '413 IMAGE_TOO_LARGE',
  };
  for (const [name, expected] of Object.entries(BAD_IMAGES)) {
    it(`${name}: ${expected}`, async () => {
      expect(await post(await readFile(path.join(IMAGES, name)))).to.equal(expected);
    });
  }

  it('refuses what is too large by its announced length, as it comes, and in a form', async () => {
    const large = Buffer.alloc(1_000_001);
    expect(await post(large)).to.equal('413 IMAGE_TOO_LARGE');
    const unannounced = new Blob([large]).stream();
    const streamed = fetch(`${server.url}/v1/predict`, {
      method: 'POST',
      body: unannounced,
      duplex: 'half',
    });
    expect(await problem(await streamed)).to.equal('413 IMAGE_TOO_LARGE');
    expect(await post(form({ large }))).to.equal('413 IMAGE_TOO_LARGE');
  });

  it('takes an image of exactly the largest size', async () => {
    const padded = Buffer.concat([photo, Buffer.alloc(1_000_000 - photo.length)]);
    for (const body of [padded, form({ padded })]) {
      const response = await fetch(`${server.url}/v1/predict`, { method: 'POST', body });
      expect(response.status).to.equal(200);
    }
  });

  it('refuses forms that are none, or that have another shape', async () => {
    const many = new FormData();
    for (let i = 0; i < 30; i++) many.append(`field${i}`, 'text');
    expect(await post(form({ a: photo, b: photo }))).to.equal('413 TOO_MANY_PARTS');
    expect(await post(many)).to.equal('413 TOO_MANY_PARTS');
    expect(await post(form({ a: photo }, 'file'))).to.equal('400 REQUEST_INVALID');
    expect(await post(new FormData())).to.equal('400 REQUEST_INVALID');
    const type = 'multipart/form-data';
    for (const label of [type, `${type}; boundary=x`]) {
      expect(await post(photo, '/v1/predict', { 'content-type': label })).to.equal('400 REQUEST_INVALID');
    }
    const start = '--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n';
    const cut = Buffer.concat([Buffer.from(start), photo]);
    const headers = { 'content-type': `${type}; boundary=x` };
    expect(await post(cut, '/v1/predict', headers)).to.equal('400 REQUEST_INVALID');
  });

  it('gives up on a form that the parser cannot end, and goes on with the connection', async () => {
    const headless = Buffer.concat([
      Buffer.from('--x\r\nno header at all\r\n\r\n'),
      Buffer.alloc(100_000),
      Buffer.from('\r\n--x--\r\n'),
    ]);
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    expect(await post(headless, '/v1/predict', headers)).to.equal('400 REQUEST_INVALID');
    expect(await post(form({ a: photo }, 'file'))).to.equal('400 REQUEST_INVALID');
    expect(await post(Buffer.alloc(900_000))).to.equal('415 IMAGE_UNRECOGNISED');
  });

  it('takes the image of a form without a file name, and says what a form has instead of one', async () => {
    /** A form as no browser would send it. */
    const ask = async (
      disposition: string,
      address = '/v1/predict',
      type = 'image/png',
    ): Promise<Response> => {
      const head = `--x\r\nContent-Disposition: form-data${disposition}\r\nContent-Type: ${type}\r\n\r\n`;
      const body = Buffer.concat([Buffer.from(head), photo, Buffer.from('\r\n--x--\r\n')]);
      const headers = { 'content-type': 'multipart/form-data; boundary=x' };
      return fetch(server.url + address, { method: 'POST', body, headers });
    };
    for (const type of ['image/png', 'text/plain', 'application/octet-stream']) {
      const response = await ask('; name="image"', '/v1/predict', type);
      expect([response.status, ((await response.json()) as { image: string }).image]).to.deep.equal([
        200,
        'image',
      ]);
    }
    const batch = (await (await ask('; name="image"', '/v1/predict/batch')).json()) as { results: unknown[] };
    expect(batch.results[0]).to.have.property('score');
    const complaint = async (disposition: string, type?: string): Promise<string> => {
      const response = await ask(disposition, '/v1/predict', type);
      const { detail } = (await response.clone().json()) as Problem;
      return `${await problem(response)}: ${detail}`;
    };
    expect(await complaint('; name="photo"')).to.equal(
      '400 REQUEST_INVALID: A file came in the field "photo".',
    );
    expect(await complaint('; filename="a.png"')).to.match(/a part without a name/);
    expect(await complaint('; name="note"', 'text/plain')).to.match(/no field "image"\. It has: "note"\.$/);
    expect(await post(form({ 'a.png': Buffer.from('') }))).to.equal('400 IMAGE_EMPTY');
    const words = new FormData();
    words.append('image', 'no picture');
    expect(await post(words)).to.equal('415 IMAGE_UNRECOGNISED');
  });

  it('keeps odd file names out of results', async () => {
    const names = ['../../etc/passwd', 'C:\\photos\\me.jpg', 'a\u0000b\u202egpj.exe', 'x'.repeat(5000)];
    const expected = ['passwd', 'me.jpg', 'abgpj.exe', 'x'.repeat(200)];
    for (const [index, name] of names.entries()) {
      const body = form({ [name]: photo });
      const response = await fetch(`${server.url}/v1/predict`, { method: 'POST', body });
      expect(await response.json()).to.have.property('image', expected[index]);
    }
  });

  it('tells wrong parameters by name', async () => {
    for (const query of ['sise=288', 'size=big', 'maskThreshold=2', 'mask=gif']) {
      const response = await fetch(`${server.url}/v1/predict?${query}`, { method: 'POST', body: photo });
      expect(((await response.clone().json()) as Problem).detail).to.contain(query.split('=')[0]);
      expect(await problem(response)).to.equal('400 REQUEST_INVALID');
    }
    expect(await post(photo, '/v1/predict?size=65')).to.equal('400 SIZE_NOT_AVAILABLE');
    expect(await post(photo, '/v1/predict?model=../models/tiny')).to.equal('404 MODEL_NOT_FOUND');
  });

  it('refuses other addresses, methods, encodings and answers', async () => {
    expect(await problem(await fetch(`${server.url}/nothing`))).to.equal('404 ROUTE_NOT_FOUND');
    expect(await problem(await fetch(`${server.url}/%zz`))).to.equal('400 REQUEST_INVALID');
    const wrongMethod = await fetch(`${server.url}/v1/predict`);
    expect(wrongMethod.headers.get('allow')).to.equal('POST');
    expect(await problem(wrongMethod)).to.equal('405 METHOD_NOT_ALLOWED');
    expect(await post(photo, '/v1/predict', { 'content-encoding': 'gzip' })).to.equal(
      '415 IMAGE_UNSUPPORTED',
    );
    expect(await post(photo, '/v1/predict', { accept: 'text/html' })).to.equal('406 NOT_ACCEPTABLE');
  });

  /** What a server answers to bytes that no HTTP client would send. */
  async function raw(piece: string, { url } = server): Promise<string> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write(piece);
    await closed;
    return answer;
  }

  it('answers what is no HTTP', async () => {
    const answer = await raw('this is not HTTP\r\n\r\n');
    expect(answer)
      .to.match(/^HTTP\/1\.1 400 /)
      .and.contain('"code":"REQUEST_INVALID"');
  });

  it('refuses headers, and addresses, that are too large', async () => {
    for (const head of [
      `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'a'.repeat(20_000)}`,
      `GET /?${'b'.repeat(20_000)} HTTP/1.1`,
    ]) {
      expect(await raw(`${head}\r\n\r\n`))
        .to.match(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/)
        .and.contain('"code":"HEADERS_TOO_LARGE"')
        .and.contain('16 KB');
    }
  });

  it('gives up on an upload that does not come', async () => {
    const impatient = await startTestServer({ uploadMs: 100 });
    const answer = await raw(
      'POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nab',
      impatient,
    );
    await impatient.stop(0);
    expect(answer)
      .to.match(/^HTTP\/1\.1 408 /)
      .and.contain('"code":"UPLOAD_TOO_SLOW"');
  });

  it('keeps what a stranger sends out of the log', async () => {
    const before = server.log.length;
    await fetch(`${server.url}/v1/predict?scoreThreshold=0.123456789`, {
      method: 'POST',
      body: form({ 'private-name.png': photo }),
      headers: { authorization: 'Bearer private-token' },
    });
    const lines = server.log.slice(before);
    expect(lines).to.have.length(1);
    expect(JSON.stringify(lines)).to.not.match(/private|0\.123456789/);
    expect(lines[0]).to.include({ method: 'POST', route: '/v1/predict', status: 200 });
    expect(lines[0])
      .to.have.property('reqId')
      .that.matches(/^[0-9a-f-]{36}$/);
  });
});
