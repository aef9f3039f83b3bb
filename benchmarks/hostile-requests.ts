/**
 * Hostile requests, written byte by byte: no HTTP, two lengths, chunks that lie, headers without end, paths that climb, forms and JSON of
 * every wrong shape. Each has to be answered by a status below 500, or by a closed connection; afterwards a photo has the very score that it
 * had before.
 *
 *     npm run build
 *     npx tsx benchmarks/hostile-requests.ts [REQUESTS] [SEED]
 */
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import pMap from 'p-map';
import { generator, startServing, Verdicts } from './serving.js';

const [requests = '2000', seed = '1'] = process.argv.slice(2);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const AT_ONCE = 8;
/** Whoever says nothing more is let go by then, in seconds. */
const UPLOAD_TIMEOUT = 2;

const random = generator(Number(seed));
const below = (n: number): number => Math.floor(random() * n);
const pick = <T>(values: readonly T[]): T => values[below(values.length)]!;
const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

const PLACES = [
  '/v1/predict',
  '/v1/predict/batch',
  '/v1/jobs',
  '/v1/report',
  '/v1/models',
  '/metrics',
  '/readyz',
  '/',
];
const METHODS = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'HEAD',
  'TRACE',
  'CONNECT',
  'PATCH',
  'get',
  'P\0ST',
  'X'.repeat(300),
];

function head(method: string, target: string, headers: string): string {
  return `${method} ${target} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
}

function post(place: string, headers: string, body: Buffer): Buffer {
  return Buffer.concat([latin(head('POST', place, `Content-Length: ${body.length}\r\n${headers}`)), body]);
}

const JSONS = [
  '{"urls": ["http://169.254.169.254/latest/meta-data"]}',
  '{"urls": ["file:///etc/passwd"]}',
  '{"urls": ["http://127.0.0.1:22"]}',
  '{"urls": ["http://a:b@[::1]/"]}',
  '{"urls": []}',
  '{"urls": [1, null, {}]}',
  '{"__proto__": {"urls": ["http://a"]}}',
  `{"urls": ${'['.repeat(20_000)}`,
  `{"urls": [${'"http://a.example/b",'.repeat(500)}"http://a.example"]}`,
  '\0',
  'null',
  '"',
];

const KINDS: Record<string, () => Buffer> = {
  noise: () => noise(1 + below(3000)),
  'another protocol': () =>
    pick([
      Buffer.from('1603010200010001fc0303', 'hex'),
      latin('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      latin('SSH-2.0-x\r\n'),
      latin('GET /\r\n'),
      latin('*1\r\n$4\r\nPING\r\n'),
    ]),
  'odd methods': () => latin(head(pick(METHODS), pick(PLACES), '')),
  'odd paths': () =>
    latin(
      head(
        'GET',
        pick([
          '/../../etc/passwd',
          '/page/..%2f..%2fpackage.json',
          '/%',
          '/%ff%fe',
          '/samples/%00',
          `/${'a/'.repeat(3000)}`,
          `/v1/jobs/${'x'.repeat(5000)}`,
          '/v1/jobs/..%2f..',
          'http://other.example/v1/models',
          '//',
          '/docs/../metrics',
          `/v1/models?${'a=b&'.repeat(2000)}`,
        ]),
        '',
      ),
    ),
  'odd queries': () =>
    post(
      `/v1/predict?${pick(['size=1e9', 'size=-1', 'maskThreshold=NaN', 'minArea=1e400', 'model=../../etc', 'model[]=a', '__proto__[a]=1', `model=${'m'.repeat(9000)}`, 'mask=exe', '%'])}`,
      '',
      noise(20),
    ),
  'two lengths': () =>
    latin(
      `POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n${pick(['Content-Length: 6', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked, identity'])}\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\n\r\n`,
    ),
  'odd lengths': () =>
    Buffer.concat([
      latin(
        head(
          'POST',
          pick(PLACES),
          `Content-Length: ${pick(['-1', '1e3', '99999999999999999999', '0x10', '', '5, 5', String(2 ** 53)])}\r\n`,
        ),
      ),
      noise(50),
    ]),
  'chunks that lie': () =>
    latin(
      head('POST', pick(PLACES), 'Transfer-Encoding: chunked\r\n') +
        pick([
          'fffffffff\r\nabc',
          '-5\r\nabc\r\n',
          '3\r\nabcdef\r\n0\r\n\r\n',
          `1;${'e'.repeat(20_000)}\r\na\r\n`,
          'zz\r\n',
        ]),
    ),
  'odd headers': () =>
    latin(
      head(
        'GET',
        pick(PLACES),
        pick([
          `X: ${'y'.repeat(30_000)}\r\n`,
          'X: y\r\n'.repeat(3000),
          'No colon here\r\n',
          ' folded: header\r\n',
          'Authorization: Bearer \x01\x02\r\n',
          `Authorization: Bearer ${'t'.repeat(8000)}\r\n`,
          'Expect: 100-continue\r\nContent-Length: 10\r\n',
          'Upgrade: websocket\r\nConnection: Upgrade\r\n',
          'Range: bytes=0-,0-,0-\r\n',
          'Accept: */*;q=banana, \x00\r\n',
          'X-Request-Id: a\tb\r\ntraceparent: 00-zz\r\n',
          'Content-Encoding: gzip, gzip, gzip\r\n',
        ]),
      ),
    ),
  'odd forms': () =>
    post(
      pick(['/v1/predict', '/v1/predict/batch', '/v1/jobs']),
      `Content-Type: multipart/form-data${pick(['', '; boundary=', '; boundary=b', `; boundary=${'b'.repeat(300)}`, '; boundary="', '; charset=x; boundary=b'])}\r\n`,
      latin(
        pick([
          '--b\r\n\r\n\r\n--b--\r\n',
          '--b\r\nContent-Disposition: form-data; name="image"; filename="../../a"\r\n\r\nx\r\n--b--\r\n',
          '--b\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\nx\r\n--b--\r\n',
          `--b\r\n${'X-A: b\r\n'.repeat(500)}\r\nx\r\n--b--\r\n`,
          '--b\r\nContent-Disposition: form-data; name="image\r\n\r\n',
          '--b'.repeat(2000),
        ]),
      ),
    ),
  'odd JSON': () =>
    post(pick(['/v1/jobs', '/v1/report']), 'Content-Type: application/json\r\n', latin(pick(JSONS))),
  'less than it says': () =>
    Buffer.concat([latin(head('POST', '/v1/predict', 'Content-Length: 5000\r\n')), noise(40)]),
  'hangs up': () => latin(head('POST', '/v1/predict', 'Content-Length: 500000\r\n')),
  'many in one': () => latin(head('GET', '/v1/models', '').repeat(60) + 'GARBAGE\r\n\r\n'),
};

const server = await startServing([
  ...['--model', `${ROOT}test/fixtures/models/tiny`, '--size', '64', '--concurrency', '1'],
  ...['--upload-timeout', String(UPLOAD_TIMEOUT), '--job-hosts', '*.example'],
]);
const { hostname, port } = new URL(server.url);
const photo = await readFile(`${ROOT}samples/splice-dahlia.jpg`);

async function score(): Promise<number> {
  const answer = await fetch(`${server.url}/v1/predict`, { method: 'POST', body: photo });
  return ((await answer.json()) as { score: number }).score;
}

/** @returns the statuses that came back; none where the connection was closed without a word */
function send(bytes: Buffer, hangUp: boolean): Promise<number[]> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let said = '';
    socket.on('data', (data) => (said += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve([...said.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)));
    });
    // What asks to stay connected is closed from here, once nothing more comes.
    socket.setTimeout(1000 * (UPLOAD_TIMEOUT + 3), () => socket.destroy());
    socket.write(bytes, () => {
      if (hangUp) socket.destroy();
      else socket.end();
    });
  });
}

const before = await score();
const memory = await server.memory();
const tally = new Map<string, number>();
const wrong: string[] = [];
await pMap(
  Array(Number(requests)).keys(),
  async (index) => {
    const kind = pick(Object.keys(KINDS));
    const bytes = KINDS[kind]!();
    const statuses = await send(bytes, kind === 'hangs up');
    for (const status of statuses)
      if (status > 499)
        wrong.push(`request ${index} (${kind}): ${status}, ${bytes.subarray(0, 200).toString('latin1')}`);
    const key = `${kind.padEnd(20)} ${statuses.length === 0 ? 'closed' : [...new Set(statuses)].join(' ')}`;
    tally.set(key, (tally.get(key) ?? 0) + 1);
  },
  { concurrency: AT_ONCE },
);

for (const [key, count] of [...tally].sort()) console.log(`${key} ${count}`);
for (const text of wrong.slice(0, 20)) console.log(text);
const verdicts = new Verdicts();
verdicts.check(
  'no answer says that it is our fault',
  wrong.length === 0,
  `${requests} requests, seed ${seed}`,
);
verdicts.check('the front is the same process', server.isAlive());
verdicts.check('a photo has the score that it had', (await score()) === before);
const crashed = await server.metric('ofx_worker_restarts_total{reason="crashed"}');
verdicts.check('no worker died', crashed === 0, String(crashed));
const growth = (await server.memory()) - memory;
verdicts.check('memory does not grow', growth < 60, `${growth.toFixed(1)} MiB`);
verdicts.check('it stops with 0', (await server.stop()) === 0);
verdicts.end();
