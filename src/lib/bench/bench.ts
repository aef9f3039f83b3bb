import path from 'node:path';
import { checkBaseline, type BenchDocument } from './baseline.js';
import type { Condition } from '../gates/condition.js';
import { benchGates } from './gates.js';
import { expand, type Configuration, type Sweep } from './configuration.js';
import { thisMachine } from './machine.js';
import type { Plan, Until } from './measure.js';
import { MeasuringProcess } from './measuring-process.js';
import type { Opened, Work } from './protocol.js';
import { recommend } from './recommend.js';
import { compareWithBaseline, counterpart, isUndecided, regressionGates } from './regression.js';
import type { BenchReport, ColdStart, LatencyComparison, ConfigurationResult, Profile } from './result.js';
import { median } from './statistics.js';
import { summariseConfiguration } from './summarise.js';
import { measureInTurns, type Turns } from './turns.js';
import { benchWarnings } from './warnings.js';
import { OFX_BUILD } from '../core/version.js';
import { OfxError } from '../core/errors.js';
import type { Gate } from '../gates/gate.js';
import { findInputFiles } from '../inputs/find-images.js';
import { findModel, type ModelReference } from '../model/catalogue.js';
import { resolveNetwork } from '../model/network.js';
import { workerFile } from '../workers/worker-file.js';

export interface BenchRequest {
  sweep: Sweep;
  /** Photos to score: a folder, file or glob, or a list of files; undefined for a fixed tensor (--inference-only). */
  images: string | readonly string[] | undefined;
  until: Until;
  /** A time for the whole run, which shortens measurements that settle late; undefined for none. */
  totalMs: number | undefined;
  /** Fresh processes a network, to time its start; fewer where that takes long. */
  coldStarts: number;
  profile: boolean;
  failOn: readonly Condition[];
  /** Measured in turns with every configuration, as `--model` names it. */
  against: string | undefined;
  baseline: { document: BenchDocument; force: boolean } | undefined;
  /** A share: 0.1 is 10 %. */
  maxRegression: number;
  given: { threads: boolean; duration: boolean };
}

export interface BenchEvents {
  onNote?: (note: string) => void;
  /** A step is a process: a cold start, a configuration, a profile. */
  onStart?: (steps: number) => void;
  onProgress?: (steps: number) => void;
}

/** Before anything counts. The first result of a process comes on top. */
const WARM_UP = { runs: 2, ms: 500 };
const PROFILED_RUNS = 10;
const MIN_ROUNDS = 10;
/** Of the time for the whole run, what cold starts may take. */
const COLD_START_SHARE = 0.15;
/** What a process needs besides its measurement, in cold starts: its own start, and a warm-up at a higher load. */
const OVERHEAD_STARTS = 1.5;

/**
 * Measures every configuration in a process of its own, one after the other, and holds the results against the gates.
 *
 * @throws {OfxError} MODEL_NOT_FOUND, SIZE_NOT_AVAILABLE, NO_IMAGES, BASELINE_OTHER_MACHINE, and what the model throws
 */
export async function bench(
  request: BenchRequest,
  events: BenchEvents = {},
  signal?: AbortSignal,
): Promise<BenchReport> {
  const { sweep, against, baseline, maxRegression } = request;
  const date = new Date().toISOString();
  const began = performance.now();
  const machine = thisMachine();
  const work = await findWork(request.images);
  const photos = work.mode === 'photos' ? work.photos.map((photo) => path.basename(photo)) : [];
  const doubts = baseline
    ? checkBaseline(baseline.document, { machine, mode: work.mode, photos }, baseline.force)
    : [];
  const configurations = expand(sweep, machine.usableCores);
  const references = await findReferences(configurations, against);

  const networks = firstOfEachNetwork(configurations);
  const steps = networks.length * (request.coldStarts + Number(request.profile)) + configurations.length;
  let done = 0;
  events.onStart?.(steps);
  const bencher = new Bencher(references, work, signal, () => events.onProgress?.(done));
  const step = async <T>(task: Promise<T>): Promise<T> => {
    const result = await task;
    events.onProgress?.(++done);
    return result;
  };

  // First, because it finds out early whether every network can be opened at all.
  const coldStarts: ColdStart[] = [];
  for (const configuration of networks) {
    const starts: Start[] = [];
    for (let index = 0; index < request.coldStarts; index++) {
      starts.push(await step(bencher.coldStart({ ...configuration, concurrency: 1 })));
      if (performance.now() - began > COLD_START_SHARE * (request.totalMs ?? Infinity)) {
        done += request.coldStarts - starts.length;
        break;
      }
    }
    for (const note of starts[0]?.opened.notes ?? []) events.onNote?.(note);
    if (starts[0]) coldStarts.push(summariseStarts(configuration, starts));
  }
  const results: ConfigurationResult[] = [];
  const comparisons: LatencyComparison[] = [];
  for (const [index, configuration] of configurations.entries()) {
    if (against === undefined) {
      const overhead = OVERHEAD_STARTS * (coldStarts[0]?.medianMs ?? 0);
      const left = (request.totalMs ?? Infinity) - (performance.now() - began);
      const until = shorten(request.until, left / (configurations.length - index) - overhead);
      results.push(await step(bencher.measure(configuration, until)));
    } else {
      const turns = await step(
        bencher.compare(
          configuration,
          { ...configuration, model: against },
          request.until,
          1 + maxRegression,
        ),
      );
      results.push(turns.result, turns.reference);
      comparisons.push(turns.comparison);
    }
  }
  const profiles: Profile[] = [];
  if (request.profile)
    for (const configuration of networks) profiles.push(await step(bencher.profile(configuration)));

  const earlier = baseline ? compareAll(results, baseline.document) : [];
  const own = against === undefined ? results : results.filter((_, index) => index % 2 === 0);
  return {
    build: OFX_BUILD,
    date,
    mode: work.mode,
    photos,
    machine,
    coldStarts,
    configurations: results,
    recommendations: against === undefined ? recommend(results) : [],
    against: comparisons,
    baseline: earlier,
    profiles,
    gates: [
      ...benchGates(request.failOn, own, coldStarts),
      ...regressionGates(comparisons, maxRegression, { throughput: false }),
      ...(baseline ? baselineGates(earlier, maxRegression) : []),
    ],
    warnings: [
      ...doubts,
      ...(baseline ? withoutCounterpart(results, earlier) : []),
      ...undecided([...comparisons, ...earlier], maxRegression),
      ...benchWarnings(results, {
        machine,
        threadsGiven: request.given.threads,
        durationGiven: request.given.duration,
        againstGiven: against !== undefined,
      }),
    ],
  };
}

interface Start {
  ms: number;
  opened: Opened;
}

/** Starts measuring processes and puts questions to them. */
class Bencher {
  constructor(
    private readonly references: ReadonlyMap<string, ModelReference>,
    private readonly work: Work,
    private readonly signal: AbortSignal | undefined,
    private readonly onProgress: () => void,
  ) {}

  /** From starting a process to its first result, seen from outside. */
  async coldStart(configuration: Configuration): Promise<Start> {
    return this.#with([configuration], ([{ opened, readyMs }]) => Promise.resolve({ ms: readyMs, opened }));
  }

  async measure(configuration: Configuration, until: Until): Promise<ConfigurationResult> {
    return this.#with([configuration], async ([{ process, opened }]) => {
      const plan = { warmUp: WARM_UP, until, concurrency: configuration.concurrency, cycle: this.#cycle };
      const measurement = await process.ask({ kind: 'measure', plan }, this.onProgress);
      return summariseConfiguration(configuration, opened, measurement);
    });
  }

  async compare(
    configuration: Configuration,
    reference: Configuration,
    until: Until,
    limit: number,
  ): Promise<{ result: ConfigurationResult; reference: ConfigurationResult; comparison: LatencyComparison }> {
    return this.#with([configuration, reference], async ([ours, theirs]) => {
      const block =
        ({ process }: Open) =>
        (plan: Plan) =>
          process.ask({ kind: 'measure', plan });
      const turns: Turns = await measureInTurns(block(ours), block(theirs), {
        concurrency: configuration.concurrency,
        cycle: this.#cycle,
        ...turnsUntil(until),
        limit,
        now: () => performance.now(),
        onRound: this.onProgress,
      });
      const result = summariseConfiguration(configuration, ours.opened, turns.measurement);
      const other = summariseConfiguration(reference, theirs.opened, turns.reference);
      // Two versions of one model may share all that an id shows.
      if (other.id === result.id) other.id += ` (${reference.model})`;
      return {
        result,
        reference: other,
        comparison: {
          id: result.id,
          reference: other.id,
          latency: turns.ratio,
          peakMemory: result.memory.peakBytes / other.memory.peakBytes,
          throughput: result.throughputPerSecond / other.throughputPerSecond,
        },
      };
    });
  }

  async profile(configuration: Configuration): Promise<Profile> {
    return this.#with([{ ...configuration, concurrency: 1 }], async ([{ process, opened }]) => ({
      network: { model: configuration.model, ...opened.identity },
      threads: configuration.threads,
      ...(await process.ask({ kind: 'profile', runs: PROFILED_RUNS }, this.onProgress)),
    }));
  }

  get #cycle(): number {
    return this.work.mode === 'photos' ? this.work.photos.length : 1;
  }

  /** Opens each configuration in a process of its own, and ends the processes whatever happens. */
  async #with<T>(configurations: readonly Configuration[], act: (open: OpenList) => Promise<T>): Promise<T> {
    const open: Open[] = [];
    const processes: MeasuringProcess[] = [];
    try {
      for (const configuration of configurations) {
        const process = new MeasuringProcess(CHILD, this.signal);
        processes.push(process);
        const reference = this.references.get(configuration.model)!;
        const opened = await process.ask({ kind: 'open', reference, configuration, work: this.work });
        open.push({ process, opened, readyMs: performance.now() - process.startedAt });
      }
      return await act(open as unknown as OpenList);
    } finally {
      await Promise.all(processes.map((process) => process.close()));
    }
  }
}

interface Open {
  process: MeasuringProcess;
  opened: Opened;
  readyMs: number;
}

/** As many as were asked for: callers take those they gave. */
type OpenList = [Open, Open];

const CHILD = workerFile('./bench-child.js', import.meta.url);

/** A measurement that waits for the latency to settle gives up earlier, but not before its minimum. */
function shorten(until: Until, ms: number): Until {
  if (until.kind !== 'settled') return until;
  return { ...until, maxMs: Math.max(until.minMs, Math.min(until.maxMs, ms)) };
}

function turnsUntil(until: Until): { minRounds: number; minMs: number; maxMs: number } {
  switch (until.kind) {
    case 'settled':
      return { minRounds: MIN_ROUNDS, minMs: 2 * until.minMs, maxMs: 2 * until.maxMs };
    case 'duration':
      return { minRounds: 1, minMs: 2 * until.ms, maxMs: 2 * until.ms };
    case 'runs':
      return { minRounds: until.runs, minMs: 0, maxMs: Infinity };
  }
}

async function findWork(images: string | readonly string[] | undefined): Promise<Work> {
  if (images === undefined) return { mode: 'inference-only' };
  if (typeof images !== 'string') return { mode: 'photos', photos: [...images] };
  const { files } = await findInputFiles([images]);
  const photos = files.filter(({ image }) => !isGroundTruth(image)).map(({ image }) => path.resolve(image));
  if (photos.length > 0) return { mode: 'photos', photos };
  throw new OfxError('NO_IMAGES', `There are only masks in ${images}.`, {
    suggestion: 'Give a folder of photos by --images, or measure a fixed tensor by --inference-only.',
  });
}

/** Masks lie beside photos in many collections, the shipped example photos included. */
function isGroundTruth(file: string): boolean {
  return /_(mask|gt)\.\w+$/i.test(file);
}

/** Looks up every model, and every variant that a manifest can tell without opening a file. */
async function findReferences(
  configurations: readonly Configuration[],
  against: string | undefined,
): Promise<Map<string, ModelReference>> {
  const references = new Map<string, ModelReference>();
  for (const configuration of firstOfEachNetwork(configurations)) {
    for (const model of [configuration.model, against].filter((name) => name !== undefined)) {
      const reference = references.get(model) ?? (await findModel(model));
      references.set(model, reference);
      if (reference.kind === 'model') {
        await resolveNetwork(reference, configuration, () => {
          throw new TypeError('A model with a manifest describes itself.');
        });
      }
    }
  }
  return references;
}

function firstOfEachNetwork(configurations: readonly Configuration[]): Configuration[] {
  const first = new Map<string, Configuration>();
  for (const configuration of configurations) {
    const key = JSON.stringify([configuration.model, configuration.size, configuration.precision]);
    if (!first.has(key)) first.set(key, configuration);
  }
  return [...first.values()];
}

function summariseStarts({ model, threads }: Configuration, starts: readonly Start[]): ColdStart {
  const samplesMs = starts.map(({ ms }) => ms);
  return {
    network: { model, ...starts[0]!.opened.identity },
    threads,
    samplesMs,
    medianMs: median(samplesMs),
    medianLoadMs: median(starts.map(({ opened }) => opened.loadMs)),
  };
}

function compareAll(
  results: readonly ConfigurationResult[],
  { configurations }: BenchDocument,
): LatencyComparison[] {
  return results.flatMap((result) => {
    const earlier = counterpart(result, configurations);
    return earlier ? [compareWithBaseline(result, earlier)] : [];
  });
}

/** A baseline that holds nothing to compare with must not let everything pass. */
function baselineGates(comparisons: readonly LatencyComparison[], maxRegression: number): Gate[] {
  if (comparisons.length > 0) return regressionGates(comparisons, maxRegression, { throughput: true });
  return [
    {
      name: 'baseline',
      subject: 'all configurations',
      passed: false,
      detail: 'the baseline has none of the measured sizes, precisions, threads and concurrent requests',
    },
  ];
}

function withoutCounterpart(
  results: readonly ConfigurationResult[],
  comparisons: readonly LatencyComparison[],
): string[] {
  return results
    .filter(({ id }) => !comparisons.some((comparison) => comparison.id === id))
    .map(({ id }) => `The baseline has no counterpart of ${id}: make it again with the same flags.`);
}

function undecided(comparisons: readonly LatencyComparison[], maxRegression: number): string[] {
  return comparisons
    .filter((comparison) => isUndecided(comparison, maxRegression))
    .map(
      ({ id }) =>
        `${id}: the interval of the latency ratio holds the limit, so the gate passed for lack of proof. Measure longer with --duration 60s.`,
    );
}
