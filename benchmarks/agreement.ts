/**
 * Holds `ofx bench --inference-only` against an independent loop in Python's onnxruntime, and its memory against GNU time:
 *
 *     npm run build && npx tsx benchmarks/agreement.ts PYTHON MODEL.onnx [THREADS]
 *
 * Both loops run in turns, a block of each at a time, so that the work of others meets both. Exits with 1 where the medians
 * or the memory are more than 10 % apart.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Plan } from '../src/lib/bench/measure.js';
import { MeasuringProcess } from '../src/lib/bench/measuring-process.js';
import type { Measurement } from '../src/lib/bench/protocol.js';
import type { BenchReport } from '../src/lib/bench/result.js';
import { measureInTurns, type MeasureBlock } from '../src/lib/bench/turns.js';

const TOLERANCE = 0.1;

const root = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url));
const [python = 'python3', model = '', threads = '2'] = process.argv.slice(2);

/** A block of Python's loop in the form of a block of ours; it knows times only. */
function pythonLoop(): { ready: Promise<unknown>; block: MeasureBlock; close: () => void } {
  const child = spawn(python, [root('benchmarks/onnxruntime_loop.py'), model, threads], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const block = async ({ until }: Plan): Promise<Measurement> => {
    if (until.kind !== 'runs') throw new TypeError('Blocks have a number of runs.');
    child.stdin.write(`${until.runs}\n`);
    const [line] = (await once(lines, 'line')) as [string];
    const times = JSON.parse(line) as number[];
    return {
      runs: times.map((ms) => ({ inference: ms, total: ms })),
      elapsedMs: times.reduce((sum, ms) => sum + ms, 0),
      ...{ warmUpRuns: 0, settled: undefined, spread: undefined, cpuMs: 0, busyMs: 0, idleMs: 0 },
      ...{ throttled: undefined, peakBytes: 0, memory: [] },
    };
  };
  return { ready: once(lines, 'line'), block, close: () => child.kill() };
}

async function compareTimes(): Promise<boolean> {
  const theirs = pythonLoop();
  const ours = new MeasuringProcess(root('dist/lib/jobs/bench-child.js'));
  try {
    await theirs.ready;
    const configuration = {
      model,
      size: undefined,
      precision: undefined,
      threads: Number(threads),
      concurrency: 1,
    };
    await ours.ask({
      kind: 'open',
      reference: { kind: 'onnx', file: model },
      configuration,
      work: { mode: 'inference-only' },
    });
    const { ratio, measurement } = await measureInTurns(
      (plan) => ours.ask({ kind: 'measure', plan }),
      theirs.block,
      {
        ...{ concurrency: 1, cycle: 1, minRounds: 20, minMs: 20_000, maxMs: 120_000, limit: 1 + TOLERANCE },
        now: () => performance.now(),
      },
    );
    console.log(
      `time    ofx over Python: ${ratio.value.toFixed(3)} (95 %: ${ratio.low.toFixed(3)}–${ratio.high.toFixed(3)}), ${measurement.runs.length} runs each`,
    );
    return Math.abs(ratio.value - 1) <= TOLERANCE;
  } finally {
    theirs.close();
    await ours.close();
  }
}

/** GNU time tells the largest process that it, or a child of it, waited for: the measuring process. */
async function compareMemory(): Promise<boolean> {
  const { stdout, stderr } = await execa('/usr/bin/time', [
    ...['-v', process.execPath, root('bin/run.js'), 'bench', '--model', model, '--threads', threads],
    ...['--inference-only', '--concurrency', '1', '--runs', '20', '--fail-on', 'none', '--json'],
  ]);
  const { configurations } = JSON.parse(stdout) as BenchReport;
  const ours = configurations[0]!.memory.peakBytes;
  const theirs = Number(/Maximum resident set size \(kbytes\): (\d+)/.exec(stderr)?.[1]) * 1024;
  console.log(
    `memory  ofx ${(ours / 1e6).toFixed(1)} MB, GNU time ${(theirs / 1e6).toFixed(1)} MB: ratio ${(ours / theirs).toFixed(3)}`,
  );
  return Math.abs(ours / theirs - 1) <= TOLERANCE;
}

const agreed = [await compareTimes(), await compareMemory()];
if (agreed.includes(false)) process.exitCode = 1;
