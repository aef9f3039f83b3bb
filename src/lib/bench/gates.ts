import type { Condition, Vocabulary } from '../gates/condition.js';
import type { Gate } from '../gates/gate.js';
import { judge } from '../gates/judge.js';
import type { Dimension } from '../gates/quantity.js';
import { STAGES, type ColdStart, type ConfigurationResult, type Stage, type Summary } from './result.js';

/**
 * The project's target: half a second an image for a single request, and as many images as that makes where two or three
 * requests come at once, in less than 2 GB.
 */
export const TARGET = ['p95[concurrency=1] > 500ms', 'throughput < 2/s', 'rss > 2GB'];

interface Metric {
  dimension: Dimension;
  /** Undefined where the run did not measure it. */
  value: (configuration: ConfigurationResult, coldStarts: readonly ColdStart[]) => number | undefined;
}

const STATISTICS = [
  'mean',
  'stddev',
  'min',
  'p50',
  'p90',
  'p95',
  'p99',
  'max',
] as const satisfies (keyof Summary)[];

const METRICS: ReadonlyMap<string, Metric> = new Map([
  ...STATISTICS.map((name): [string, Metric] => [name, latency('total', name)]),
  ...STAGES.flatMap((stage) =>
    STATISTICS.map((name): [string, Metric] => [`${stage}.${name}`, latency(stage, name)]),
  ),
  ['load', { dimension: 'time', value: ({ loadMs }) => loadMs }],
  ['coldstart', { dimension: 'time', value: (...measured) => coldStartOf(...measured)?.medianMs }],
  ['rss', { dimension: 'memory', value: ({ memory }) => memory.peakBytes }],
  ['rss.steady', { dimension: 'memory', value: ({ memory }) => memory.steadyBytes }],
  ['rss.growth', { dimension: 'memory', value: ({ memory }) => memory.growthBytes }],
  ['throughput', { dimension: 'rate', value: ({ throughputPerSecond }) => throughputPerSecond }],
  ['cpu', { dimension: 'time', value: ({ cpu }) => cpu.msPerImage }],
  ['cores', { dimension: 'count', value: ({ cpu }) => cpu.coresUsed }],
]);

/** What a condition can ask of a configuration in brackets. */
const FILTERS: Readonly<Record<string, (configuration: ConfigurationResult) => string>> = {
  concurrency: ({ concurrency }) => String(concurrency),
  threads: ({ threads }) => String(threads),
  size: ({ network }) => String(network.inputSize),
  precision: ({ network }) => network.precision,
  model: ({ network }) => network.name,
};

/** Conditions on what `ofx bench` measures, e.g. `p95[concurrency=1] > 500ms`. */
export const BENCH_VOCABULARY: Vocabulary = {
  quantities: new Map([...METRICS].map(([name, { dimension }]) => [name, dimension])),
  filters: Object.keys(FILTERS),
  example: 'p95 > 500ms',
};

/** Judges every configuration by every condition that speaks of it. What was not measured fails. */
export function benchGates(
  conditions: readonly Condition[],
  configurations: readonly ConfigurationResult[],
  coldStarts: readonly ColdStart[],
): Gate[] {
  return conditions.flatMap((condition) => {
    const { dimension, value } = METRICS.get(condition.path)!;
    const meant = configurations.filter((configuration) => fits(configuration, condition));
    if (meant.length === 0)
      return [
        {
          name: `fail on ${condition.text}`,
          subject: 'no configuration',
          passed: false,
          detail: 'no configuration that was measured fits the brackets',
        },
      ];
    return meant.map((configuration) =>
      judge(condition, dimension, configuration.id, {
        value: value(configuration, coldStarts) ?? null,
        reason: 'not measured',
      }),
    );
  });
}

function fits(configuration: ConfigurationResult, { filters }: Condition): boolean {
  return [...filters].every(
    ([key, value]) => FILTERS[key]!(configuration).toLowerCase() === value.toLowerCase(),
  );
}

/** The first condition about a concurrency that is not measured. */
export function unmeasured(
  conditions: readonly Condition[],
  concurrencies: readonly number[],
): Condition | undefined {
  return conditions.find(({ filters }) => {
    const asked = filters.get('concurrency');
    return asked !== undefined && !concurrencies.map(String).includes(asked);
  });
}

function latency(stage: Stage, statistic: (typeof STATISTICS)[number]): Metric {
  return { dimension: 'time', value: ({ latencyMs }) => latencyMs[stage]?.[statistic] };
}

/** Cold starts are measured once a network. */
function coldStartOf(
  { network }: ConfigurationResult,
  coldStarts: readonly ColdStart[],
): ColdStart | undefined {
  return coldStarts.find((start) => start.network.sha256 === network.sha256);
}
