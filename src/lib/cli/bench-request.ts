import { readBaseline } from '../bench/baseline.js';
import { BENCH_VOCABULARY, TARGET, unmeasured } from '../bench/gates.js';
import { parseConditions, type Condition } from '../gates/condition.js';
import type { Until } from '../bench/measure.js';
import { parseShare } from '../bench/regression.js';
import { OfxError } from '../core/errors.js';
import type { BenchRequest } from '../bench/bench.js';
import { parseDuration } from './duration.js';
import { DEFAULT_MODEL } from '../model/catalogue.js';
import type { Precision } from '../model/manifest.js';
import { SHIPPED_SAMPLES } from '../core/paths.js';

/** The flags of `ofx bench` that decide what is measured, as they were parsed. */
export interface BenchFlags {
  model?: string[] | undefined;
  images?: string | undefined;
  'inference-only': boolean;
  size?: number[] | undefined;
  precision?: Precision[] | undefined;
  threads?: number[] | undefined;
  concurrency?: number[] | undefined;
  runs?: number | undefined;
  duration?: string | undefined;
  profile: boolean;
  'fail-on'?: string[] | undefined;
  baseline?: string | undefined;
  against?: string | undefined;
  'max-regression': string;
  force: boolean;
}

const DEFAULT_CONCURRENCIES = [1, 2, 3];
/** A model is compared with another at its plainest, unless more is asked for. */
const AGAINST_CONCURRENCIES = [1];

const MIN_RUNS = 10;
const MIN_MS = 3000;
const MAX_MS = 20_000;
/** Bare `ofx bench` ends within a minute; what is asked for by a list may take longer. */
const TOTAL_MS = 50_000;

const COLD_STARTS = 3;

/**
 * What is asked for by flags, with the defaults that depend on one another.
 *
 * @throws {OfxError} USAGE for a value that cannot be read, and as `readBaseline`
 */
export async function benchRequest(flags: BenchFlags): Promise<BenchRequest> {
  const concurrencies =
    flags.concurrency ?? (flags.against === undefined ? DEFAULT_CONCURRENCIES : AGAINST_CONCURRENCIES);
  return {
    sweep: {
      models: flags.model ?? [DEFAULT_MODEL],
      sizes: flags.size ?? [undefined],
      precisions: flags.precision ?? [undefined],
      threads: flags.threads ?? [undefined],
      concurrencies,
    },
    images: flags['inference-only'] ? undefined : (flags.images ?? SHIPPED_SAMPLES),
    until: readUntil(flags),
    totalMs: isSweep(flags) ? undefined : TOTAL_MS,
    coldStarts: COLD_STARTS,
    profile: flags.profile,
    maxRegression: parseShare(flags['max-regression']),
    failOn: readConditions(flags, concurrencies),
    against: flags.against,
    baseline:
      flags.baseline === undefined
        ? undefined
        : { document: await readBaseline(flags.baseline), force: flags.force },
    given: { threads: flags.threads !== undefined, duration: flags.duration !== undefined },
  };
}

function isSweep({ model, size, precision, threads, concurrency }: BenchFlags): boolean {
  return (
    concurrency !== undefined || [model, size, precision, threads].some((list) => (list?.length ?? 1) > 1)
  );
}

function readUntil({ runs, duration }: BenchFlags): Until {
  if (runs !== undefined) return { kind: 'runs', runs };
  if (duration !== undefined) return { kind: 'duration', ms: parseDuration(duration, '--duration') };
  return { kind: 'settled', minRuns: MIN_RUNS, minMs: MIN_MS, maxMs: MAX_MS };
}

function readConditions(
  { 'fail-on': failOn, against, baseline }: BenchFlags,
  concurrencies: readonly number[],
): Condition[] {
  if (failOn === undefined) {
    // An absolute limit would let the noise in that these gates keep out.
    if (against !== undefined || baseline !== undefined) return [];
    return parseConditions(TARGET, BENCH_VOCABULARY).filter(
      (condition) => unmeasured([condition], concurrencies) === undefined,
    );
  }
  const conditions = parseConditions(failOn, BENCH_VOCABULARY);
  const idle = unmeasured(conditions, concurrencies);
  if (idle) {
    const asked = idle.filters.get('concurrency')!;
    throw new OfxError(
      'USAGE',
      `--fail-on "${idle.text}" is about a concurrency of ${asked}, but only ${concurrencies.join(', ')} are measured.`,
      { suggestion: `Add it: --concurrency ${[...concurrencies, asked].join(',')}.` },
    );
  }
  return conditions;
}
