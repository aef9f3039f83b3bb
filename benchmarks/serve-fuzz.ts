/**
 * Thousands of malformed uploads: cut, bit-flipped, mislabelled, oversized, odd forms. Each has to be answered by a 4xx
 * with a code of the error table; 200 is right only where `decodeImage` reads the very bytes (many a JPEG does not mind a
 * flipped bit). Ends with 1 where an answer was another, a worker died, or memory grew.
 *
 *     npm run build
 *     npx tsx benchmarks/serve-fuzz.ts [UPLOADS] [SEED]
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pMap from 'p-map';
import { ERROR_TABLE } from '../src/lib/core/errors.js';
import { decodeImage } from '../src/lib/image/decode/index.js';
import { generator, startServing } from './serving.js';

const [uploads = '10000', seed = '1'] = process.argv.slice(2);
const FIXTURES = fileURLToPath(new URL('../test/fixtures/', import.meta.url));
const MAX_BYTES = 300_000;
const AT_ONCE = 4;
/** What a leak of a few kilobytes an upload would pass, in MiB. */
const MOST_GROWTH = 60;

interface Malformed {
  kind: string;
  body: Buffer;
  type: string;
  /** The image inside, where there is exactly one. */
  image?: Buffer;
}

const random = generator(Number(seed));
const below = (n: number): number => Math.floor(random() * n);
const pick = <T>(values: readonly T[]): T => values[below(values.length)]!;
const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));

const names = (await readdir(path.join(FIXTURES, 'images'))).filter((name) => !name.endsWith('.json'));
const images = await Promise.all(names.map((name) => readFile(path.join(FIXTURES, 'images', name))));
const TYPES = [
  'image/jpeg',
  'image/png',
  'application/octet-stream',
  'application/json',
  'text/plain',
  'x',
  '',
];

function cut(image: Buffer): Buffer {
  return image.subarray(0, below(image.length));
}

function flipped(image: Buffer): Buffer {
  const copy = Buffer.from(image);
  for (let count = 1 + below(200); count > 0 && copy.length > 0; count--)
    copy[below(copy.length)]! ^= 1 << below(8);
  return copy;
}

function spliced(image: Buffer): Buffer {
  const other = pick(images);
  return Buffer.concat([cut(image), other.subarray(below(other.length))]);
}

function part(content: Buffer, headers: string): Buffer {
  return Buffer.concat([Buffer.from(`--b\r\n${headers}\r\n\r\n`), content, Buffer.from('\r\n')]);
}

const END = Buffer.from('--b--\r\n');
const FILE = 'Content-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg';

const ODD_HEADERS = [
  'Content-Disposition: form-data; name="file"; filename="a.jpg"',
  'Content-Disposition: form-data; name="__proto__"; filename="a.jpg"',
  'Content-Disposition: form-data; name="image"',
  'Content-Disposition: form-data',
  'Content-Disposition: attachment; filename=""',
  'Content-Type: application/json\r\nContent-Disposition: form-data; name="image"',
  `Content-Disposition: form-data; name="${'n'.repeat(20_000)}"; filename="a"`,
  'no header at all',
  '',
];

function oddForm(image: Buffer): Buffer {
  const whole = Buffer.concat([part(image, FILE), END]);
  switch (below(7)) {
    case 0:
      return whole.subarray(0, below(whole.length));
    case 1:
      return Buffer.concat([part(image, pick(ODD_HEADERS)), END]);
    case 2:
      return Buffer.concat([...Array.from({ length: 2 + below(40) }, () => part(cut(image), FILE)), END]);
    case 3:
      return Buffer.concat([...Array.from({ length: 50 }, () => part(bytes(3), ODD_HEADERS[2]!)), END]);
    case 4:
      return flipped(whole);
    case 5:
      return Buffer.concat([bytes(below(2000)), whole]);
    default:
      return END;
  }
}

const KINDS: Record<string, (image: Buffer) => Omit<Malformed, 'kind'>> = {
  cut: (image) => raw(cut(image)),
  flipped: (image) => raw(flipped(image)),
  spliced: (image) => raw(spliced(image)),
  noise: () => raw(bytes(below(4000))),
  'noise after a signature': (image) =>
    raw(Buffer.concat([image.subarray(0, 4 + below(28)), bytes(below(4000))])),
  oversized: (image) => raw(Buffer.concat([image, Buffer.alloc(MAX_BYTES + below(100_000))])),
  'in a form': (image) => {
    const content = pick([cut, flipped, spliced])(image);
    return {
      body: Buffer.concat([part(content, FILE), END]),
      type: 'multipart/form-data; boundary=b',
      image: content,
    };
  },
  'odd form': (image) => ({ body: oddForm(image), type: 'multipart/form-data; boundary=b' }),
  'form without its boundary': (image) => ({
    body: Buffer.concat([part(image, FILE), END]),
    type: pick([
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary=other',
    ]),
  }),
};

function raw(body: Buffer): Omit<Malformed, 'kind'> {
  return { body, type: pick(TYPES), image: body };
}

function malformed(): Malformed {
  const kind = pick(Object.keys(KINDS));
  return { kind, ...KINDS[kind]!(pick(images)) };
}

/** What is wrong with an answer, if anything is. */
async function complaint({ image, body }: Malformed, response: Response): Promise<string | undefined> {
  if (response.status === 200) {
    // Of a form whose parts were shuffled we cannot say what the server found in it.
    const inside = image ?? imageIn(body);
    if (!inside) return 'answered 200 without an image';
    return decodeImage(inside).then(
      () => undefined,
      (error: unknown) => `answered 200, but: ${String(error)}`,
    );
  }
  const { code } = (await response.json()) as { code?: string };
  if (response.status < 400 || response.status > 499) return `answered ${response.status} ${code}`;
  return code !== undefined && code in ERROR_TABLE ? undefined : `has no code of the table: ${code}`;
}

function imageIn(form: Buffer): Buffer | undefined {
  const start = form.indexOf('\r\n\r\n', form.indexOf('filename='));
  const end = form.indexOf('\r\n--b', start);
  return start === -1 || end === -1 ? undefined : form.subarray(start + 4, end);
}

const model = path.join(FIXTURES, 'models/tiny');
const server = await startServing([
  '--model',
  model,
  '--size',
  '64',
  '--max-bytes',
  String(MAX_BYTES),
  '--max-pixels',
  '2000000',
]);
const tally = new Map<string, number>();
const complaints: string[] = [];
const memory: number[] = [];

async function attack(index: number): Promise<void> {
  const upload = malformed();
  const response = await fetch(`${server.url}/v1/predict`, {
    method: 'POST',
    body: upload.body,
    headers: { 'content-type': upload.type },
  }).catch((error: unknown) => new Error(String((error as Error).cause ?? error)));
  const found = response instanceof Error ? response.message : await complaint(upload, response);
  if (found !== undefined) complaints.push(`upload ${index} (${upload.kind}) ${found}`);
  const status = response instanceof Error ? 'none' : response.status;
  const key = `${upload.kind.padEnd(26)} ${status}`;
  tally.set(key, (tally.get(key) ?? 0) + 1);
  if (index % 250 === 0) memory.push(await server.memory());
}

await pMap(Array(Number(uploads)).keys(), attack, { concurrency: AT_ONCE });

const crashed = await server.metric('ofx_worker_restarts_total{reason="crashed"}');
const alive = (await fetch(`${server.url}/healthz`)).ok;
const status = await server.stop();
const tenth = Math.max(1, Math.floor(memory.length / 10));
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
// The first uploads load decoders and fill caches.
const growth = mean(memory.slice(-tenth)) - mean(memory.slice(2 * tenth, 3 * tenth));

for (const [key, count] of [...tally].sort()) console.log(`${key} ${count}`);
for (const text of complaints.slice(0, 20)) console.log(text);
console.log(
  `${uploads} uploads, seed ${seed}: ${complaints.length} wrong answers, ${crashed} workers crashed, ` +
    `alive ${alive}, memory ${growth.toFixed(1)} MiB larger at the end, exit status ${status}`,
);
if (complaints.length > 0 || crashed > 0 || !alive || growth > MOST_GROWTH) process.exitCode = 1;
