/**
 * Hostile images over all formats, through a running server: real files that are cut, flipped, spliced, or whose headers lie; and bombs,
 * small files that claim or unpack to more than any machine has. Each has to be answered with a 4xx that has a code, or with a result; no
 * worker may die, the front has to stay well, and memory must not grow.
 *
 *     npm run build
 *     npx tsx benchmarks/hostile-inputs.ts [INPUTS] [SEED] [KEEP]     # writes input number KEEP to hostile-KEEP.bin, and does nothing else
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import pMap from 'p-map';
import sharp from 'sharp';
import { ERROR_TABLE } from '../src/lib/core/errors.js';
import { generator, startServing, Verdicts } from './serving.js';

const [inputs = '10000', seed = '1', keep] = process.argv.slice(2);
const FIXTURES = fileURLToPath(new URL('../test/fixtures/', import.meta.url));
const AT_ONCE = 4;
/** In MiB, from the second tenth to the last: a leak of a few kilobytes an input would pass it. */
const MOST_GROWTH = 60;

const random = generator(Number(seed));
const below = (n: number): number => Math.floor(random() * n);
const pick = <T>(values: readonly T[]): T => values[below(values.length)]!;
const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));

/** Real files of each format: those of the tests, and small ones of those that these lack. */
async function realFiles(): Promise<Buffer[]> {
  const files: Buffer[] = [];
  for (const folder of ['images', 'oddities']) {
    const names = (await readdir(path.join(FIXTURES, folder))).filter((name) => !name.endsWith('.json'));
    for (const name of names) files.push(await readFile(path.join(FIXTURES, folder, name)));
  }
  const photo = sharp(path.join(FIXTURES, '../../samples/splice-dahlia.jpg')).resize(96);
  for (const format of ['jpeg', 'png', 'webp', 'tiff', 'avif', 'gif'] as const)
    files.push(await photo.clone().toFormat(format).toBuffer());
  const jpeg = await photo.clone().jpeg().toBuffer();
  return [...files, pdf('/Filter /DCTDecode', 96, 72, jpeg)].filter((file) => file.length < 400_000);
}

function chunk(kind: string, data: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  // The checksum is wrong now and then: that is hostile, too.
  return Buffer.concat([size, Buffer.from(kind), data, crc(Buffer.concat([Buffer.from(kind), data]))]);
}

function crc(data: Buffer): Buffer {
  let state = ~0;
  for (const byte of data) {
    state ^= byte;
    for (let bit = 0; bit < 8; bit++) state = (state >>> 1) ^ (state & 1 ? 0xedb88320 : 0);
  }
  const out = Buffer.alloc(4);
  out.writeUInt32BE(~state >>> 0);
  return out;
}

function png(width: number, height: number, pixels: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, pick([0, 2, 3, 6]), 0, 0, pick([0, 1])], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A document with one picture, whose dictionary says what it likes. */
function pdf(filter: string, width: number, height: number, data: Buffer): Buffer {
  const image = `/Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceRGB /BitsPerComponent 8`;
  return Buffer.concat([
    Buffer.from(
      '%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n' +
        '3 0 obj <</Type /Page /Parent 2 0 R /Resources <</XObject <</I 4 0 R>>>> /MediaBox [0 0 9 9]>> endobj\n' +
        `4 0 obj <<${image} ${filter} /Length ${data.length}>> stream\n`,
    ),
    data,
    Buffer.from('\nendstream endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n'),
  ]);
}

const EXTREMES = [0, 1, 255, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];
/** As many zeros as a small file unpacks to. */
const ZEROS = deflateSync(Buffer.alloc(60_000_000));
const NESTED = deflateSync(ZEROS);

const BOMBS: (() => Buffer)[] = [
  () => png(pick(EXTREMES), pick(EXTREMES), noise(40)),
  () => png(7000, 7000, ZEROS),
  () => png(100_000, 100, ZEROS),
  () => png(8, 8, ZEROS),
  () => pdf('/Filter /FlateDecode', 100_000, 100_000, ZEROS),
  () => pdf('/Filter [/FlateDecode /FlateDecode]', 8, 8, NESTED),
  () => pdf('/Filter /DCTDecode', pick(EXTREMES), pick(EXTREMES), noise(200)),
  () => bmp(pick(EXTREMES), pick(EXTREMES)),
  () => gif(0xffff, 0xffff, 200),
  () => tiff(pick(EXTREMES), pick(EXTREMES)),
  () => webp(0xffffff, 0xffffff),
];

function bmp(width: number, height: number): Buffer {
  const file = Buffer.alloc(54 + 64);
  file.write('BM');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeUInt32LE(width, 18);
  file.writeUInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(pick([1, 4, 8, 16, 24, 32]), 28);
  file.writeUInt32LE(pick([0, 1, 2, 3]), 30);
  return file;
}

/** Many frames of a huge screen. */
function gif(width: number, height: number, frames: number): Buffer {
  const screen = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  screen.writeUInt16LE(width, 6);
  screen.writeUInt16LE(height, 8);
  const frame = Buffer.from(',\0\0\0\0\0\0\0\0\0\x02\x02L\x01\0', 'latin1');
  frame.writeUInt16LE(width, 5);
  frame.writeUInt16LE(height, 7);
  return Buffer.concat([screen, ...Array.from({ length: frames }, () => frame), Buffer.from(';')]);
}

/** Directories that lie about sizes, and that lead back to themselves. */
function tiff(width: number, height: number): Buffer {
  const entries = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 1, 8],
    [259, 3, 1, pick([1, 5, 7, 8, 32773])],
    [262, 3, 1, 1],
    [273, 4, pick([1, 0x7fffffff]), pick(EXTREMES)],
    [278, 4, 1, pick(EXTREMES)],
    [279, 4, 1, pick(EXTREMES)],
  ] as const;
  const file = Buffer.alloc(8 + 2 + entries.length * 12 + 4);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, count, value], index) => {
    const at = 10 + index * 12;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(value, at + 8);
  });
  file.writeUInt32LE(pick([0, 8, 0xffffffff]), file.length - 4);
  return file;
}

function webp(width: number, height: number): Buffer {
  const file = Buffer.from('RIFF\0\0\0\0WEBPVP8X\n\0\0\0\x02\0\0\0\0\0\0\0\0\0', 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.writeUIntLE(width, 24, 3);
  file.writeUIntLE(height, 27, 3);
  return file;
}

const real = await realFiles();

const KINDS: Record<string, () => Buffer> = {
  cut: () => {
    const file = pick(real);
    return file.subarray(0, below(file.length));
  },
  flipped: () => {
    const file = Buffer.from(pick(real));
    for (let count = 1 + below(100); count > 0 && file.length > 0; count--)
      file[below(file.length)]! ^= 1 << below(8);
    return file;
  },
  'headers that lie': () => {
    const file = Buffer.from(pick(real));
    for (let count = 1 + below(4); count > 0 && file.length > 8; count--) {
      const at = 2 + below(Math.min(file.length - 6, 600));
      const value = pick(EXTREMES);
      if (random() < 0.5) file.writeUInt32BE(value, at);
      else file.writeUInt32LE(value, at);
    }
    return file;
  },
  'half another': () => {
    const [one, other] = [pick(real), pick(real)];
    return Buffer.concat([one.subarray(0, below(one.length)), other.subarray(below(other.length))]);
  },
  'noise after a signature': () => Buffer.concat([pick(real).subarray(0, 4 + below(40)), noise(below(4000))]),
  'a tail': () => Buffer.concat([pick(real), noise(below(4000))]),
  bomb: () => pick(BOMBS)(),
};

function hostile(): { kind: string; body: Buffer } {
  const kind = pick(Object.keys(KINDS));
  return { kind, body: KINDS[kind]!() };
}

if (keep !== undefined) {
  for (let index = 0; index < Number(keep); index++) hostile();
  await writeFile(`hostile-${keep}.bin`, hostile().body);
  process.exit(0);
}

const model = path.join(FIXTURES, 'models/tiny');
const server = await startServing(['--model', model, '--size', '64', '--concurrency', '2']);
const tally = new Map<string, number>();
const wrong: string[] = [];
const memory: number[] = [];
let slowest = { ms: 0, kind: '' };

async function attack(index: number): Promise<void> {
  const { kind, body } = hostile();
  const started = performance.now();
  const response = await fetch(`${server.url}/v1/predict`, { method: 'POST', body }).catch(
    (error: unknown) => new Error(String((error as Error).cause ?? error)),
  );
  const ms = performance.now() - started;
  if (ms > slowest.ms) slowest = { ms, kind };
  if (response instanceof Error) wrong.push(`input ${index} (${kind}): ${response.message}`);
  else if (response.status !== 200) {
    const { code = '' } = (await response.json()) as { code?: string };
    if (response.status > 499 || !(code in ERROR_TABLE))
      wrong.push(`input ${index} (${kind}): ${response.status} ${code}`);
  } else await response.arrayBuffer();
  const key = `${kind.padEnd(26)} ${response instanceof Error ? 'none' : response.status}`;
  tally.set(key, (tally.get(key) ?? 0) + 1);
  if (index % Math.max(1, Math.floor(Number(inputs) / 100)) === 0) memory.push(await server.memory());
}

await pMap(Array(Number(inputs)).keys(), attack, { concurrency: AT_ONCE });

for (const [key, count] of [...tally].sort()) console.log(`${key} ${count}`);
for (const text of wrong.slice(0, 20)) console.log(text);
const tenth = Math.max(1, Math.floor(memory.length / 10));
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const growth = mean(memory.slice(-tenth)) - mean(memory.slice(tenth, 2 * tenth));
const verdicts = new Verdicts();
const crashed = await server.metric('ofx_worker_restarts_total{reason="crashed"}');
verdicts.check(
  'every input answered with a result, or a 4xx that has a code',
  wrong.length === 0,
  `${inputs} inputs, seed ${seed}`,
);
verdicts.check('no worker died', crashed === 0, `${crashed}`);
verdicts.check('the front is well', (await fetch(`${server.url}/healthz`)).ok);
verdicts.check(
  'memory does not grow',
  growth < MOST_GROWTH,
  `${growth.toFixed(1)} MiB, at most ${Math.max(...memory).toFixed(0)} MiB`,
);
console.log(`        slowest answer: ${slowest.ms.toFixed(0)} ms (${slowest.kind})`);
verdicts.check('it stops with 0', (await server.stop()) === 0);
verdicts.end();
