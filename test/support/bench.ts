import type { Measurement, Timings } from '../../src/lib/bench/protocol.js';
import type { BenchReport, ConfigurationResult, Machine } from '../../src/lib/bench/result.js';
import { summariseConfiguration } from '../../src/lib/bench/summarise.js';

/** Made-up results of `ofx bench`, for what is computed from them. */

export const MACHINE: Machine = {
  cpu: 'Test CPU',
  flags: 'avx avx2 sse2',
  cores: 2,
  usableCores: 2,
  quota: null,
  memoryBytes: 8e9,
  os: 'linux',
  arch: 'x64',
  node: '20.19.0',
  onnxruntime: '1.30.0',
  fingerprint: '0123456789abcdef',
};

export function measurementOf(totals: readonly number[], changes: Partial<Measurement> = {}): Measurement {
  const elapsedMs = totals.reduce((sum, ms) => sum + ms, 0);
  return {
    runs: totals.map((total): Timings => ({ inference: total * 0.9, total })),
    warmUpRuns: 2,
    elapsedMs,
    settled: true,
    spread: 0.01,
    cpuMs: elapsedMs * 1.8,
    busyMs: elapsedMs * 1.8,
    idleMs: elapsedMs * 0.2,
    throttled: undefined,
    peakBytes: 400e6,
    memory: totals.map((_, index) => ({ ms: index * 100, bytes: 350e6 })),
    ...changes,
  };
}

export function configurationOf({
  totals = Array<number>(20).fill(200),
  name = 'test',
  size = 288,
  sha256 = '0'.repeat(64),
  threads = 2,
  concurrency = 1,
  measurement = {},
}: {
  totals?: readonly number[];
  name?: string;
  size?: number;
  sha256?: string;
  threads?: number;
  concurrency?: number;
  measurement?: Partial<Measurement>;
} = {}): ConfigurationResult {
  return summariseConfiguration(
    { model: name, size: undefined, precision: undefined, threads, concurrency },
    {
      identity: { name, version: '1', sha256, inputSize: size, precision: 'fp32' },
      notes: [],
      loadMs: 300,
    },
    measurementOf(totals, measurement),
  );
}

export function reportOf(changes: Partial<BenchReport> = {}): BenchReport {
  return {
    date: '2026-01-02T03:04:05.000Z',
    mode: 'inference-only',
    photos: [],
    machine: MACHINE,
    coldStarts: [],
    configurations: [configurationOf()],
    recommendations: [],
    against: [],
    baseline: [],
    profiles: [],
    gates: [],
    warnings: [],
    ...changes,
  };
}
