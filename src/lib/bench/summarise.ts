import type { Configuration } from './configuration.js';
import { summariseMemory } from './memory.js';
import type { Measurement, Opened, Timings } from './protocol.js';
import { STAGES, type ConfigurationResult, type NetworkIdentity, type Stage } from './result.js';
import { distribution } from './statistics.js';

/** Who is measured, in one line: "objectformer-lite 288 fp32, 2 threads, concurrency 1". */
export function configurationId(network: NetworkIdentity, { threads, concurrency }: Configuration): string {
  const counted = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return `${network.name} ${network.inputSize} ${network.precision}, ${counted}, concurrency ${concurrency}`;
}

/** What a measurement of a configuration comes to. */
export function summariseConfiguration(
  configuration: Configuration,
  { identity, loadMs }: Opened,
  measurement: Measurement,
): ConfigurationResult {
  const { runs, elapsedMs, cpuMs, busyMs, idleMs, throttled } = measurement;
  const network = { model: configuration.model, ...identity };
  const samples = byStage(runs);
  return {
    id: configurationId(network, configuration),
    network,
    threads: configuration.threads,
    concurrency: configuration.concurrency,
    loadMs,
    warmUpRuns: measurement.warmUpRuns,
    seconds: elapsedMs / 1000,
    settled: measurement.settled ?? null,
    spread: measurement.spread ?? null,
    latencyMs: mapStages(samples, distribution),
    throughputPerSecond: runs.length / (elapsedMs / 1000),
    cpu: {
      seconds: cpuMs / 1000,
      msPerImage: cpuMs / runs.length,
      coresUsed: cpuMs / elapsedMs,
      // The system counts in ticks of 10 ms, this process exactly: the difference may come out below zero.
      otherCoresUsed: Math.max(0, busyMs - cpuMs) / elapsedMs,
      idleCores: idleMs / elapsedMs,
      throttledShare: throttled && throttled.of > 0 ? throttled.periods / throttled.of : null,
    },
    memory: summariseMemory(measurement.peakBytes, measurement.memory),
    samples,
    memorySamples: measurement.memory,
  };
}

/** Joins pieces of one measurement that were not measured at a stretch. */
export function joinMeasurements(pieces: readonly Measurement[]): Measurement {
  const sum = (pick: (piece: Measurement) => number): number =>
    pieces.reduce((total, piece) => total + pick(piece), 0);
  let elapsedMs = 0;
  const memory = pieces.flatMap((piece) => {
    const offset = elapsedMs;
    elapsedMs += piece.elapsedMs;
    return piece.memory.map(({ ms, bytes }) => ({ ms: ms + offset, bytes }));
  });
  const throttled = pieces.flatMap((piece) => piece.throttled ?? []);
  return {
    runs: pieces.flatMap(({ runs }) => runs),
    warmUpRuns: sum(({ warmUpRuns }) => warmUpRuns),
    elapsedMs,
    settled: undefined,
    spread: undefined,
    cpuMs: sum(({ cpuMs }) => cpuMs),
    busyMs: sum(({ busyMs }) => busyMs),
    idleMs: sum(({ idleMs }) => idleMs),
    throttled:
      throttled.length === 0
        ? undefined
        : {
            periods: throttled.reduce((total, { periods }) => total + periods, 0),
            of: throttled.reduce((total, { of }) => total + of, 0),
          },
    peakBytes: Math.max(...pieces.map(({ peakBytes }) => peakBytes)),
    memory,
  };
}

type PerStage<T> = Partial<Record<Stage, T>> & { inference: T; total: T };

function byStage(runs: readonly Timings[]): PerStage<number[]> {
  const known = STAGES.filter((stage) => runs[0]?.[stage] !== undefined);
  return Object.fromEntries(
    known.map((stage) => [stage, runs.map((timings) => timings[stage]!)]),
  ) as PerStage<number[]>;
}

function mapStages<T, U>(values: PerStage<T>, map: (value: T) => U): PerStage<U> {
  return Object.fromEntries(
    Object.entries(values).map(([stage, value]) => [stage, map(value)]),
  ) as PerStage<U>;
}
