/**
 * What `ofx batch` costs over `ofx predict`: images a second of a run's work, by two processes, over those of `ofx predict` with two images
 * at once, on the same photos, network and threads. And what a shard costs beside its images, by a run of shards of one image.
 *
 *     npm run build
 *     npx tsx benchmarks/batch/overhead.ts PHOTO_FOLDER [PHOTOS] [ROUNDS] [MODEL]
 *
 * Both take turns, so that a noisy machine disturbs them alike. Processor time is compared as well, which other programs disturb less.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const [photoFolder, count = '200', rounds = '4', model = 'objectformer-lite'] = process.argv.slice(2);
if (photoFolder === undefined) throw new Error('Give a folder of photos.');

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-benchmark-'));
const photos = (await readdir(photoFolder))
  .filter((name) => /\.(jpe?g|png|tif)$/i.test(name))
  .sort()
  .slice(0, Number(count))
  .map((name) => path.resolve(photoFolder, name));

/** Seconds of the wall clock, and of processors, children included. */
interface Taken {
  wall: number;
  processor: number;
}

async function ofx(...args: string[]): Promise<Taken> {
  const { stderr } = await execa('/usr/bin/time', ['-f', 'took %e %U %S', process.execPath, bin, ...args], {
    input: photos.join('\n'),
    env: { CI: '1' },
  });
  const [wall, user, system] = /took (\S+) (\S+) (\S+)/.exec(stderr)!.slice(1).map(Number);
  return { wall: wall!, processor: user! + system! };
}

function predict(): Promise<Taken> {
  return ofx('predict', '-', '--model', model, '--concurrency', '2', '--threads', '1', '--format', 'ndjson');
}

let runs = 0;
async function work(shardSize: number): Promise<Taken> {
  const run = path.join(folder, `run-${++runs}`);
  await ofx('batch', 'plan', '-', '--model', model, '--out', run, '--shard-size', String(shardSize));
  return ofx('batch', 'work', run, '--processes', '2');
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const taken: Record<'predict' | 'large' | 'small', Taken[]> = { predict: [], large: [], small: [] };
for (let round = 0; round < Number(rounds); round++) {
  taken.predict.push(await predict());
  taken.large.push(await work(100));
  taken.small.push(await work(1));
}
await rm(folder, { recursive: true });

const of = (what: keyof typeof taken, measure: keyof Taken): number =>
  median(taken[what].map((one) => one[measure]));
for (const measure of ['wall', 'processor'] as const) {
  const ratios = taken.large.map((one, round) => taken.predict[round]![measure] / one[measure]);
  const shards = photos.length - Math.ceil(photos.length / 100);
  console.log(
    `${measure.padEnd(9)}: predict ${of('predict', measure).toFixed(1)} s, batch ${of('large', measure).toFixed(1)} s, ` +
      `images a second ${median(ratios).toFixed(3)} of predict’s (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}); ` +
      `a shard ${((1000 * (of('small', measure) - of('large', measure))) / shards).toFixed(1)} ms`,
  );
}
console.log(
  `${photos.length} photos, ${rounds} rounds, ${os.cpus()[0]?.model.trim() ?? ''}, ${os.cpus().length} processors`,
);
