import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { collect } from '../../src/lib/batch/collect.js';
import { planRun, type Planned } from '../../src/lib/batch/plan.js';
import { decodeRows } from '../../src/lib/batch/parquet.js';
import { partName } from '../../src/lib/batch/part.js';
import { openRun, shardCount } from '../../src/lib/batch/run.js';
import { FolderStore } from '../../src/lib/batch/store/folder-store.js';
import { nullScore } from './null-score.js';
import { ROOT } from './ofx.js';

/** Plans a run of images that need not be there. */
export async function planNull(folder: string, images: number, shardSize: number): Promise<Planned> {
  return planRun(new FolderStore(folder), {
    keys: keysTo(images),
    folders: [],
    base: '/',
    shardSize,
    model: {
      reference: 'none',
      identity: { name: 'null', version: '1', sha256: '0'.repeat(64), inputSize: 64, precision: 'fp32' },
    },
    evidence: { sources: ['network'], fusion: null, testScores: null },
    thresholds: { score: 0.5, mask: 0.5, temperature: 1 },
    minArea: 0,
    tile: false,
    limits: { maxPixels: 1e8, maxBytes: 1e8 },
    threads: 1,
    masks: 'none',
  });
}

function* keysTo(images: number): Generator<{ key: string }> {
  for (let image = 0; image < images; image++) yield { key: `archive/2026/image-${image}.jpg` };
}

export interface NullWorker {
  child: ChildProcess;
  output: () => string;
  exited: Promise<number | null>;
}

/** Starts `null-worker.ts`. */
export function startNullWorker(
  folder: string,
  url: string,
  lockMs: number,
  msPerImage: number,
  { waits = false, ...env }: { waits?: boolean; DIES_OF?: string; SLICE?: string } = {},
): NullWorker {
  const child = spawn(
    process.execPath,
    [
      '--import=tsx',
      path.join(ROOT, 'test/support/null-worker.ts'),
      folder,
      url,
      String(lockMs),
      String(msPerImage),
      ...(waits ? ['waits'] : []),
    ],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return {
    child,
    output: () => output,
    exited: once(child, 'exit').then(([code]) => code as number | null),
  };
}

export interface NullRows {
  missing: number;
  twice: number;
  wrong: number;
}

/** Collects a run and counts the rows that are not what they should be. */
export async function countNullRows(folder: string): Promise<NullRows> {
  const store = new FolderStore(folder);
  const run = await openRun(store);
  await collect({ store, run, format: 'ndjson' });
  const seen = new Set<string>();
  const counts = { missing: 0, twice: 0, wrong: 0 };
  for (let shard = 0; shard < shardCount(run); shard++) {
    for (const { image, score } of await decodeRows((await store.read(partName(shard)))!)) {
      if (seen.has(image)) counts.twice++;
      seen.add(image);
      if (score !== nullScore(image)) counts.wrong++;
    }
  }
  counts.missing = run.images - seen.size;
  return counts;
}
