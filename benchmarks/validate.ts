/**
 * What `ofx validate` costs beside inference, and whether its memory stays flat.
 *
 *   npx tsx benchmarks/validate.ts speed  --model MODEL --data DATASET [--images 200] [--size 380]
 *   npx tsx benchmarks/validate.ts memory --model MODEL --data DATASET [--images 10000] [--size 64]
 *
 * `speed` scores the same number of images by inference alone, by a whole validation (numbers, tables, charts, panels), and by
 * inference alone again, with the same threads, and compares wall and processor time; on a busy machine the latter is the
 * steadier one. Goal: at most 1.25. `memory` repeats the data set up to the number of images and samples the resident
 * memory. Goal: flat, under 1 GB.
 */
import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pMap from 'p-map';
import { openDataset } from '../src/lib/dataset/open.js';
import { decodeImage } from '../src/lib/image/decode/index.js';
import { validate } from '../src/lib/validate/validate.js';
import type { ValidateEvents } from '../src/lib/validate/request.js';
import { findModel } from '../src/lib/model/catalogue.js';
import { Detector } from '../src/lib/model/detector.js';
import { planSessions } from '../src/lib/workers/sessions.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    data: { type: 'string', default: '../shared/data/casia1-dev' },
    images: { type: 'string' },
    size: { type: 'string' },
  },
});

const GOALS = { ratio: 1.25, megabytes: 1000 };

const model = await findModel(values.model);
const sessions = planSessions({}, Infinity);

interface Cost {
  wall: number;
  cpu: number;
}

async function measured(work: () => Promise<unknown>): Promise<Cost> {
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wall: (performance.now() - before) / 1000, cpu: (user + system) / 1e6 };
}

async function runValidation(
  dataset: string,
  size: number,
  limit: number | undefined,
  events: ValidateEvents = {},
): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-bench-'));
  try {
    await validate(
      {
        dataset,
        model,
        detector: { size, ...sessions },
        out: path.join(folder, 'run'),
        protocol: 'macro',
        scoreAt: 'network',
        sweepStep: 0.05,
        panels: 'all',
        charts: true,
        sample: limit,
        seed: 1,
        resume: false,
        strict: false,
        limits: {},
      },
      events,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function speed(images: number, size: number): Promise<boolean> {
  const { samples } = await openDataset(values.data);
  const first = await decodeImage(samples[0]!.image);
  const detector = await Detector.open(model, { size, ...sessions });
  const inferenceAlone = async (): Promise<void> => {
    await pMap(Array(images).keys(), () => detector.detect(first), { concurrency: sessions.concurrency + 1 });
  };
  // Each session's first inference is slower.
  await Promise.all([1, 2, 3, 4].map(() => detector.detect(first)));
  const before = await measured(inferenceAlone);
  const whole = await measured(() => runValidation(values.data, size, images));
  const after = await measured(inferenceAlone);
  await detector.close();

  const alone = { wall: (before.wall + after.wall) / 2, cpu: (before.cpu + after.cpu) / 2 };
  const ratios = { wall: whole.wall / alone.wall, cpu: whole.cpu / alone.cpu };
  console.log(
    `${images} images at ${size} × ${size}, ${sessions.concurrency} sessions of ${sessions.threads} threads`,
  );
  for (const kind of ['wall', 'cpu'] as const) {
    console.log(
      `${kind.padEnd(5)} inference alone ${before[kind].toFixed(1)} s and ${after[kind].toFixed(1)} s, ` +
        `validation ${whole[kind].toFixed(1)} s, ratio ${ratios[kind].toFixed(3)} (goal ${GOALS.ratio})`,
    );
  }
  return ratios.wall <= GOALS.ratio;
}

async function memory(images: number, size: number): Promise<boolean> {
  const folder = await repeated(images);
  let peak = 0;
  const step = Math.max(1, Math.floor(images / 10));
  try {
    await runValidation(folder, size, undefined, {
      onProgress: (done) => {
        const { rss, heapUsed, external } = process.memoryUsage();
        peak = Math.max(peak, rss / 1e6);
        if (done % step === 0) {
          console.log(
            `${String(done).padStart(6)} images: resident ${megabytes(rss)}, heap ${megabytes(heapUsed)}, outside of it ${megabytes(external)}`,
          );
        }
      },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
  console.log(`peak ${peak.toFixed(0)} MB (goal ${GOALS.megabytes})`);
  return peak <= GOALS.megabytes;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** A data set of so many images, made of links to those that are there. */
async function repeated(images: number): Promise<string> {
  const { samples } = await openDataset(values.data);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-bench-'));
  await mkdir(path.join(folder, 'images'));
  const lines: string[] = [];
  for (let i = 0; i < images; i++) {
    const { image, mask, label } = samples[i % samples.length]!;
    const name = `images/${i}${path.extname(image)}`;
    const maskName = mask === null ? 'None' : `images/${i}_gt${path.extname(mask)}`;
    await link(image, path.join(folder, name));
    if (mask !== null) await link(mask, path.join(folder, maskName));
    lines.push(`${name}\t${maskName}\t${label ?? 0}`);
  }
  await writeFile(path.join(folder, 'split.txt'), lines.join('\n'));
  return folder;
}

const isGood =
  positionals[0] === 'memory'
    ? await memory(Number(values.images ?? 10_000), Number(values.size ?? 64))
    : await speed(Number(values.images ?? 200), Number(values.size ?? 380));
process.exitCode = isGood ? 0 : 3;
