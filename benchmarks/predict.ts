/**
 * `ofx predict` beside a plain Python loop and beside inference alone, on the same photos, network and threads.
 *
 *     npm run build
 *     OFX_PYTHON=.venv/bin/python npx tsx benchmarks/predict.ts MODEL_FOLDER PHOTO_FOLDER [PHOTOS] [ROUNDS]
 *
 * All use all processors: the Python loop by one inference with as many threads, as such loops do; `ofx predict` and inference
 * alone as `ofx` shares them out by default. The three take turns, so that a noisy machine disturbs them alike; only the ratios mean anything elsewhere. Start-up and
 * the loading of the model are left out of all three: the time of `ofx predict` is the summary's, less what it takes
 * for a handful of photos beyond their inference, which is almost all loading.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import pMap from 'p-map';
import { usableCpus } from '../src/lib/core/cpu.js';
import { decodeImage } from '../src/lib/image/decode/index.js';
import { resizeLinearOpenCv } from '../src/lib/image/resize.js';
import { toTensor } from '../src/lib/image/tensor.js';
import type { PredictReport } from '../src/lib/predict/result.js';
import { findModel } from '../src/lib/model/catalogue.js';
import { Detector } from '../src/lib/model/detector.js';
import { planSessions } from '../src/lib/workers/sessions.js';

const [modelFolder, photoFolder, count = '40', rounds = '3'] = process.argv.slice(2);
if (modelFolder === undefined || photoFolder === undefined)
  throw new Error('Give a model’s folder and a folder of photos.');
const python = process.env['OFX_PYTHON'] ?? 'python3';
const threads = usableCpus();
const size = 288;

const all = (await readdir(photoFolder)).filter((name) => /\.(jpe?g|png)$/i.test(name)).sort();
const photos = all.slice(0, Number(count)).map((name) => path.resolve(photoFolder, name));
const sessions = planSessions({}, photos.length);
const out = await mkdtemp(path.join(os.tmpdir(), 'ofx-benchmark-'));
const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const loop = fileURLToPath(new URL('../python/benchmarks/predict_loop.py', import.meta.url));

/** Enough photos for as many sessions as for all of them. */
const LOADING_PHOTOS = 5;

/** Seconds, and the peak of resident memory in MiB. */
interface Taken {
  seconds: number;
  peak: number;
}

async function timed(command: string[], input: string): Promise<{ stdout: string; peak: number }> {
  const { stdout, stderr } = await execa('/usr/bin/time', ['-f', 'peak %M', ...command], { input });
  return { stdout, peak: Number(/peak (\d+)/.exec(stderr)![1]) / 1024 };
}

async function ofxPredict(files: string[]): Promise<Taken> {
  const args = ['predict', '-', '--model', modelFolder!, '--size', `${size}`];
  const { stdout, peak } = await timed(
    [process.execPath, bin, ...args, '--out', path.join(out, 'ofx'), '--json'],
    files.join('\n'),
  );
  return { seconds: (JSON.parse(stdout) as PredictReport).summary.seconds, peak };
}

async function pythonLoop(onnx: string): Promise<Taken> {
  const command = [python, loop, onnx, `${size}`, `${threads}`, path.join(out, 'python')];
  const { stdout, peak } = await timed(command, photos.join('\n'));
  return { seconds: (JSON.parse(stdout) as { seconds: number }).seconds, peak };
}

async function inferenceAlone(detector: Detector): Promise<number> {
  const image = await decodeImage(photos[0]!);
  const { mean, std } = detector.network.input;
  const tensor = toTensor(resizeLinearOpenCv(image, size, size), mean, std);
  // Each session's first inference is slower.
  await pMap(photos.slice(0, 4), () => detector.detectTensor(tensor));
  const started = performance.now();
  await pMap(photos, () => detector.detectTensor(tensor), { concurrency: sessions.concurrency + 1 });
  return (performance.now() - started) / 1000;
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

try {
  const results: { ofx: Taken; loading: number; python: Taken; alone: number }[] = [];
  for (let round = 0; round < Number(rounds); round++) {
    const detector = await Detector.open(await findModel(modelFolder), { size, ...sessions });
    const alone = await inferenceAlone(detector);
    const onnx = detector.network.file;
    await detector.close();
    const ofx = await ofxPredict(photos);
    const loading =
      (await ofxPredict(photos.slice(0, LOADING_PHOTOS))).seconds - (alone * LOADING_PHOTOS) / photos.length;
    results.push({ ofx, loading, python: await pythonLoop(onnx), alone });
    const last = results.at(-1)!;
    console.log(
      `round ${round + 1}: ofx ${(last.ofx.seconds - last.loading).toFixed(2)} s, Python ${last.python.seconds.toFixed(2)} s, inference alone ${last.alone.toFixed(2)} s`,
    );
  }
  const throughput = results.map(({ ofx, loading }) => photos.length / (ofx.seconds - loading));
  console.log(`${photos.length} photos, ${threads} threads, ${rounds} rounds, medians:`);
  console.log(
    `  throughput of ofx predict / Python loop     ${median(results.map(({ python: { seconds } }, i) => throughput[i]! / (photos.length / seconds))).toFixed(2)}`,
  );
  console.log(
    `  throughput of ofx predict / inference alone ${median(results.map(({ alone }, i) => throughput[i]! / (photos.length / alone))).toFixed(2)}`,
  );
  console.log(
    `  peak memory: ofx ${median(results.map(({ ofx }) => ofx.peak)).toFixed(0)} MiB, Python ${median(results.map(({ python: { peak } }) => peak)).toFixed(0)} MiB`,
  );
} finally {
  await rm(out, { recursive: true });
}
