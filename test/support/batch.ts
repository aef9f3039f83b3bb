import { mkdir, readFile } from 'node:fs/promises';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { TINY_MODEL } from './models.js';
import { ofx, ROOT } from './ofx.js';

/** A Python with the packages of `test/requirements-batch.txt`: `npm run setup:batch-tests` makes one. */
export const BATCH_PYTHON = path.join(ROOT, '.venv-batch/bin/python');

/** A suite that needs an outside part: skipped where it is not there, unless nothing may be skipped. */
export function describeWith(part: string, title: string, suite: (this: Mocha.Suite) => void): void {
  const isThere = part.includes('/') ? existsSync(part) : onPath(part);
  if (isThere || process.env['OFX_TEST_REQUIRE_DATA']) describe(title, suite);
  else describe.skip(`${title} (no ${part})`, suite);
}

function onPath(program: string): boolean {
  return ['/usr/sbin', '/sbin', ...(process.env['PATH'] ?? '').split(':')].some((folder) =>
    existsSync(path.join(folder, program)),
  );
}

/** Says what a test found, below its title. */
export function figures(text: string): void {
  console.log(`      ${text}`);
}

/** Distinct photos: noise that differs with the number, with a bright place in every third, which the tiny model marks. */
export async function makePhotos(
  folder: string,
  count: number,
  { width = 64, height = 48 } = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let number = 0; number < count; number++) {
    const pixels = Buffer.alloc(width * height * 3);
    let state = number + 1;
    for (let i = 0; i < pixels.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const isBright = number % 3 === 0 && i % (width * 3) < 60 && i < 20 * width * 3;
      pixels[i] = isBright ? 250 : (state >>> 24) % 120;
    }
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toFile(path.join(folder, `photo-${String(number).padStart(4, '0')}.png`));
  }
}

/** What `ofx predict` says of images, by their path: the digits that a run has to give again. */
export async function predicted(
  inputs: readonly string[],
  model = TINY_MODEL,
  cwd?: string,
): Promise<Map<string, Digits>> {
  const { stdout } = await ofx(
    ['predict', ...inputs, '--model', model, '--threads', '1', '--format', 'ndjson'],
    cwd === undefined ? {} : { cwd },
  );
  return new Map(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => digits(JSON.parse(line) as ResultLine)),
  );
}

/** What must not differ between two ways of scoring an image. */
export type Digits = Pick<ResultLine, 'score' | 'regions' | 'tamperedFraction'> | { error: string };

interface ResultLine {
  image: string;
  score: number | null;
  regions: unknown;
  tamperedFraction: number | null;
  errorCode?: string | null;
  error?: { code: string };
}

function digits({ image, score, regions, tamperedFraction, errorCode, error }: ResultLine): [string, Digits] {
  const code = errorCode ?? error?.code;
  return [image, code === undefined ? { score, regions, tamperedFraction } : { error: code }];
}

/**
 * The check that all runs have to pass: `collect` finds it whole; every image has one row; every row has the digits of `ofx
 * predict`; and nothing half-written lies about.
 */
export async function expectWhole(
  run: string,
  expected: ReadonlyMap<string, Digits>,
  { cwd = process.cwd(), exitCode = 0 } = {},
): Promise<void> {
  const out = path.join(cwd, 'collected.ndjson');
  const collected = await ofx(['batch', 'collect', run, '--format', 'ndjson', '--out', out], { cwd });
  expect(collected.exitCode, collected.stderr).to.equal(exitCode);
  const lines = (await readFile(out, 'utf8')).split('\n').filter(Boolean);
  const rows = lines.map((line) => digits(JSON.parse(line) as ResultLine));
  expect(rows.length).to.equal(expected.size);
  expect(new Map(rows).size).to.equal(expected.size);
  for (const [image, row] of rows) expect(row, image).to.deep.equal(expected.get(image));
}

/** Children that a process left behind, by what they run. */
export function scoringProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('batch/scoring-worker');
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** The children of a process that are alive. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return new RegExp(`^PPid:\\s+${pid}$`, 'm').test(readFileSync(`/proc/${name}/status`, 'utf8'));
      } catch {
        return false;
      }
    })
    .map(Number);
}
