import { readFile, rm, mkdtemp, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import type * as ort from 'onnxruntime-node';
import type { Configuration } from './configuration.js';
import { processorTotals, type ProcessorTotals } from './machine.js';
import { measure, type Plan } from './measure.js';
import { peakMemory, type MemorySample } from './memory.js';
import { summariseTrace } from './profile.js';
import type { Answer, Measurement, Question, Reply, Timings, Work } from './protocol.js';
import { toPlainError } from '../core/errors.js';
import type { ModelReference } from '../model/catalogue.js';
import { Detector } from '../model/detector.js';
import type { Network } from '../model/network.js';
import { sessionOptions } from '../model/session-options.js';
import { disableTelemetry } from '../model/telemetry.js';
import { Analyser } from '../predict/analyse.js';

/**
 * The program of a measuring process: holds one model in one configuration, and answers the questions of the process that
 * started it. It ends with it.
 */

/** What is measured: one image from file to mask, or one inference. */
interface Subject {
  network: Network;
  threads: number;
  run: (index: number) => Promise<Timings>;
}

/** Memory is looked at no more often than this. */
const MEMORY_INTERVAL_MS = 20;
const PROGRESS_INTERVAL_MS = 200;

const PROFILE_WARM_UP = 2;

let subject: Subject | undefined;

process.on('message', (question: Question) => {
  void answer(question).then(
    (result) => {
      reply({ kind: 'answer', answer: result });
    },
    (error: unknown) => {
      reply({ kind: 'error', error: toPlainError(error) });
    },
  );
});
process.once('disconnect', () => process.exit());

function reply(message: Reply): void {
  process.send?.(message);
}

async function answer(question: Question): Promise<Answer> {
  if (question.kind === 'open') {
    const { reference, configuration, work } = question;
    const started = performance.now();
    subject = await openSubject(reference, configuration, work);
    const loadMs = performance.now() - started;
    await subject.run(0);
    return { identity: subject.network.identity, notes: subject.network.notes, loadMs };
  }
  if (!subject) throw new Error(`Asked to ${question.kind} before a model was opened.`);
  if (question.kind === 'profile') return profile(subject, question.runs);
  return measureSubject(subject, question.plan);
}

async function openSubject(
  reference: ModelReference,
  configuration: Configuration,
  work: Work,
): Promise<Subject> {
  if (work.mode === 'photos') {
    const analyser = await Analyser.open(reference, configuration);
    return {
      network: analyser.network,
      threads: configuration.threads,
      run: async (index) => {
        const photo = work.photos[index % work.photos.length]!;
        return (await analyser.analyse(photo, photo, { minArea: 0, outputs: { mask: 'png' } })).prediction
          .timingsMs;
      },
    };
  }
  const detector = await Detector.open(reference, configuration);
  const tensor = fixedTensor(detector.network.identity.inputSize);
  return {
    network: detector.network,
    threads: configuration.threads,
    run: async () => {
      const started = performance.now();
      const { inference } = await detector.detectTensor(tensor);
      return { inference, total: performance.now() - started };
    },
  };
}

/** Values in the range of a normalised photo, (1, 3, S, S). What they are does not change how long an inference takes. */
function fixedTensor(size: number): Float32Array {
  return Float32Array.from({ length: 3 * size * size }, (_, index) => 2 * Math.sin(index));
}

async function measureSubject({ run }: Subject, plan: Plan): Promise<Measurement> {
  const memory: MemorySample[] = [];
  const cpu = { user: 0, system: 0 };
  let totals: ProcessorTotals = { busyMs: 0, idleMs: 0 };
  let before = totals;
  let lastProgress = 0;
  const measured = await measure(run, plan, {
    now: () => performance.now(),
    onStart: () => {
      before = processorTotals();
      Object.assign(cpu, process.cpuUsage());
    },
    onStop: () => {
      Object.assign(cpu, process.cpuUsage(cpu));
      totals = processorTotals();
    },
    onRun: (_, ms) => {
      if (ms - (memory.at(-1)?.ms ?? -Infinity) >= MEMORY_INTERVAL_MS) {
        memory.push({ ms, bytes: process.memoryUsage.rss() });
      }
      if (ms - lastProgress >= PROGRESS_INTERVAL_MS) {
        lastProgress = ms;
        reply({ kind: 'progress' });
      }
    },
  });
  return {
    ...measured,
    runs: measured.runs.map((timings) => ({ ...timings })),
    cpuMs: (cpu.user + cpu.system) / 1000,
    busyMs: totals.busyMs - before.busyMs,
    idleMs: totals.idleMs - before.idleMs,
    throttled: totals.throttled && {
      periods: totals.throttled.periods - (before.throttled?.periods ?? 0),
      of: totals.throttled.of - (before.throttled?.of ?? 0),
    },
    peakBytes: peakMemory(),
    memory,
  };
}

/** A session of its own, with ONNX Runtime's profiler on, which slows every node down a little. */
async function profile({ network, threads }: Subject, runs: number): Promise<Answer<'profile'>> {
  disableTelemetry();
  const { InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node') as typeof ort;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ofx-profile-'));
  try {
    const session = await InferenceSession.create(network.file, {
      ...sessionOptions(threads),
      enableProfiling: true,
      profileFilePrefix: path.join(folder, 'trace'),
    });
    const size = network.identity.inputSize;
    const tensor = new Tensor('float32', fixedTensor(size), [1, 3, size, size]);
    for (let index = 0; index < PROFILE_WARM_UP + runs; index++)
      await session.run({ [network.input.name]: tensor });
    session.endProfiling();
    const [trace] = await readdir(folder);
    return summariseTrace(
      JSON.parse(await readFile(path.join(folder, trace!), 'utf8')) as never,
      PROFILE_WARM_UP,
      runs,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
