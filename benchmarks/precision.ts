/**
 * What precisions, the arranged export and spinning threads bring: ratios of inference times, all sessions in turns in one
 * process, with the processor's flags.
 *
 *     npm run build
 *     npx tsx benchmarks/precision.ts MODEL_FOLDER [THREADS] [ROUNDS] [PYTHON]
 *
 * For every size of the model: each precision over float32, and float32 with threads that spin between operators (until the end of
 * an inference) over float32 as `ofx` runs it. With PYTHON, one that has what `ofx convert` needs, also the published network at
 * 288 with random weights: ofx's export over a plain one. Below 1 is faster. The interval is of the median of the rounds.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { thisMachine } from '../src/lib/bench/machine.js';
import { median, ratioOfPairs } from '../src/lib/bench/statistics.js';
import { readModel } from '../src/lib/model/catalogue.js';
import { sessionOptions } from '../src/lib/model/session-options.js';

const [folder, threads = '2', rounds = '30', python] = process.argv.slice(2);
if (folder === undefined) throw new Error('Give the folder of a model.');

/** Flags that decide how fast matrices are multiplied. */
const TELLING = /^(avx2|avx512f|avx512_vnni|avx_vnni|avx512_bf16|amx_int8|amx_bf16|asimddp|i8mm)$/;

interface Contender {
  name: string;
  session: InferenceSession;
}

async function open(name: string, file: string, spins = false): Promise<Contender> {
  const options = sessionOptions(Number(threads));
  if (spins) {
    options.extra = { session: { intra_op: { allow_spinning: '1' }, force_spinning_stop: '1' } };
  }
  return { name, session: await InferenceSession.create(file, options) };
}

/** The first is what the others are held against. */
async function compare(title: string, size: number, contenders: readonly Contender[]): Promise<void> {
  const data = Float32Array.from({ length: 3 * size * size }, (_, i) => Math.sin(i));
  const image = new Tensor('float32', data, [1, 3, size, size]);
  const times = contenders.map((): number[] => []);
  for (let round = -2; round < Number(rounds); round++) {
    // Forwards and backwards by turns, which cancels drift.
    const order = contenders.map((_, index) => (round % 2 === 0 ? index : contenders.length - 1 - index));
    for (const index of order) {
      const started = performance.now();
      await contenders[index]!.session.run({ image });
      if (round >= 0) times[index]!.push(performance.now() - started);
    }
  }
  console.log(`\n${title} (${contenders[0]!.name}: ${median(times[0]!).toFixed(1)} ms)`);
  for (const [index, { name }] of contenders.entries()) {
    if (index === 0) continue;
    const { value, low, high } = ratioOfPairs(
      times[index]!.map((value, round) => ({ value, reference: times[0]![round]! })),
    );
    console.log(`  ${name.padEnd(16)} ${value.toFixed(3)}  (95 %: ${low.toFixed(3)}–${high.toFixed(3)})`);
  }
  for (const { session } of contenders) await session.release();
}

const { cpu, flags } = thisMachine();
console.log(
  `${cpu}, ${threads} threads, load ${os.loadavg()[0]!.toFixed(1)} on ${os.cpus().length} processors`,
);
console.log(
  `flags: ${
    flags
      .split(' ')
      .filter((flag) => TELLING.test(flag))
      .join(' ') || 'not told'
  }`,
);

const { manifest } = await readModel(folder);
for (const size of new Set(manifest.variants.map(({ inputSize }) => inputSize))) {
  const of = manifest.variants.filter(({ inputSize }) => inputSize === size);
  const float32 = of.find(({ precision }) => precision === 'fp32');
  if (float32 === undefined) continue;
  const file = (name: string): string => path.join(folder, name);
  await compare(`${manifest.name} at ${size}`, size, [
    await open('fp32', file(float32.file)),
    ...(await Promise.all(
      of.filter((each) => each !== float32).map((each) => open(each.precision, file(each.file))),
    )),
    await open('fp32, spinning', file(float32.file), true),
  ]);
}

if (python !== undefined) {
  const made = await mkdtemp(path.join(os.tmpdir(), 'ofx-precision-'));
  try {
    const script = fileURLToPath(new URL('../python/benchmarks/export_speed.py', import.meta.url));
    await promisify(execFile)(python, [script, '--only-export', made]);
    await compare('published network at 288', 288, [
      await open('plain export', path.join(made, 'plain.onnx')),
      await open('ofx', path.join(made, 'ofx.onnx')),
    ]);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}
