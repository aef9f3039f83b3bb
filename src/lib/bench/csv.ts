import { toCsv } from '../text/csv.js';
import { STAGES, type BenchReport, type Summary } from './result.js';

const STATISTICS = [
  'mean',
  'meanLow',
  'meanHigh',
  'stddev',
  'min',
  'p50',
  'p90',
  'p95',
  'p99',
  'max',
] as const satisfies (keyof Summary)[];

/** A row for each configuration and step; times in milliseconds, memory in bytes. */
export function benchCsv({ configurations, machine }: BenchReport): string {
  const rows = configurations.flatMap((configuration) => {
    const { network, threads, concurrency, latencyMs, cpu, memory } = configuration;
    return STAGES.flatMap((stage) => {
      const summary = latencyMs[stage];
      if (!summary) return [];
      return {
        model: network.name,
        version: network.version,
        inputSize: network.inputSize,
        precision: network.precision,
        threads,
        concurrency,
        stage,
        runs: summary.runs,
        ...Object.fromEntries(STATISTICS.map((name) => [`${name}Ms`, rounded(summary[name])])),
        outliers: summary.outliers,
        settled: configuration.settled === null ? '' : String(configuration.settled),
        throughputPerSecond: rounded(configuration.throughputPerSecond),
        coresUsed: rounded(cpu.coresUsed),
        cpuMsPerImage: rounded(cpu.msPerImage),
        cpuSeconds: rounded(cpu.seconds),
        loadMs: rounded(configuration.loadMs),
        peakBytes: memory.peakBytes,
        steadyBytes: Math.round(memory.steadyBytes),
        growthBytes: Math.round(memory.growthBytes),
        machine: machine.fingerprint,
      };
    });
  });
  return toCsv(rows, { header: true });
}

/** Raw samples: a row for each run, in the order in which they ended. */
export function samplesCsv({ configurations }: BenchReport): string {
  const rows = configurations.flatMap(({ id, samples }) =>
    samples.total.map((_, run) => ({
      configuration: id,
      run,
      ...Object.fromEntries(STAGES.map((stage) => [`${stage}Ms`, samples[stage]?.[run] ?? ''])),
    })),
  );
  return toCsv(rows, { header: true });
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
