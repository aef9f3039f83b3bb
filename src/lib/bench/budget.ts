import { OfxError } from '../core/errors.js';
import type { Gate } from '../gates/gate.js';
import { formatBytes, formatMs } from '../text/units.js';
import { STAGES, type ColdStart, type ConfigurationResult, type Stage, type Summary } from './result.js';

/** One demand of a budget, e.g. `inference.p95@2 <= 500ms`. */
export interface Demand {
  /** As it was written, without spaces. */
  text: string;
  metric: Metric;
  /** Only configurations with so many requests at once; undefined means all. */
  concurrency: number | undefined;
  operator: Operator;
  /** In the metric's base unit: milliseconds, bytes, images a second, or cores. */
  limit: number;
}

type Operator = '<=' | '<' | '>=' | '>';

/**
 * The project's target: half a second an image for a single request, and as many images as that makes where two or three
 * requests come at once, in less than 2 GB.
 */
export const TARGET_BUDGET = 'p95@1<=500ms,throughput>=2/s,rss<=2GB';

/** Stands for no budget at all. */
export const NO_BUDGET = 'none';

type Dimension = 'time' | 'memory' | 'rate' | 'count';

interface Metric {
  name: string;
  dimension: Dimension;
  /** Undefined where the run did not measure it. */
  value: (configuration: ConfigurationResult, coldStarts: readonly ColdStart[]) => number | undefined;
}

const PERCENTILES = [
  'mean',
  'stddev',
  'min',
  'p50',
  'p90',
  'p95',
  'p99',
  'max',
] as const satisfies (keyof Summary)[];

const UNITS: Record<Dimension, Record<string, number>> = {
  time: { us: 1e-3, ms: 1, s: 1000, min: 60_000 },
  memory: { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 },
  rate: { '/s': 1, '/min': 1 / 60, '/h': 1 / 3600 },
  count: { '': 1 },
};

const UNIT_EXAMPLES: Record<Dimension, string> = {
  time: '500ms or 0.5s',
  memory: '2GB, 1500MB or 1.5GiB',
  rate: '2/s or 120/min',
  count: '2',
};

const METRICS: ReadonlyMap<string, Metric> = new Map(
  [
    ...PERCENTILES.map((name) => latencyMetric(name, 'total', name)),
    ...STAGES.flatMap((stage) => PERCENTILES.map((name) => latencyMetric(`${stage}.${name}`, stage, name))),
    metric('load', 'time', ({ loadMs }) => loadMs),
    metric(
      'coldstart',
      'time',
      (configuration, coldStarts) => coldStartOf(configuration, coldStarts)?.medianMs,
    ),
    metric('rss', 'memory', ({ memory }) => memory.peakBytes),
    metric('rss.steady', 'memory', ({ memory }) => memory.steadyBytes),
    metric('rss.growth', 'memory', ({ memory }) => memory.growthBytes),
    metric('throughput', 'rate', ({ throughputPerSecond }) => throughputPerSecond),
    metric('cpu', 'time', ({ cpu }) => cpu.msPerImage),
    metric('cores', 'count', ({ cpu }) => cpu.coresUsed),
  ].map((each) => [each.name, each]),
);

/**
 * Reads a budget: demands with commas between them, each a metric, perhaps `@` and a number of requests at once, a
 * comparison, and a limit with its unit.
 *
 * @example parseBudget('p95<=500ms, rss<=2GB, throughput@3>=2/s')
 * @throws {OfxError} USAGE that says what is wrong with which demand
 */
export function parseBudget(text: string): Demand[] {
  if (text.trim() === NO_BUDGET) return [];
  const parts = text
    .split(',')
    .map((part) => part.replaceAll(/\s+/g, ''))
    .filter((part) => part !== '');
  if (parts.length === 0)
    throw wrong('The budget is empty.', `For example "${TARGET_BUDGET}", or "${NO_BUDGET}".`);
  return parts.map(parseDemand);
}

function parseDemand(text: string): Demand {
  const match = /^([a-z][\w.-]*)(?:@(\d+))?(<=|>=|<|>)(\d+(?:\.\d*)?|\.\d+)([a-zµ/]*)$/i.exec(text);
  if (!match) {
    throw wrong(
      `"${text}" is no demand of a budget.`,
      'A demand is a metric, one of <=, <, >=, >, and a limit with its unit: p95<=500ms, rss<=2GB, throughput@3>=2/s.',
    );
  }
  const [, name, concurrency, operator, amount, unit] = match as unknown as [
    string,
    string,
    string | undefined,
    Operator,
    string,
    string,
  ];
  const metric = METRICS.get(name.toLowerCase());
  if (!metric) {
    throw wrong(
      `"${name}" in "${text}" is no metric.`,
      `Metrics are ${PERCENTILES.join(', ')} (end to end), the same of one step (${STAGES.map((stage) => `${stage}.p95`).join(', ')}), ` +
        'load, coldstart, rss, rss.steady, rss.growth, throughput, cpu, cores.',
    );
  }
  const factor = UNITS[metric.dimension][unit.toLowerCase().replace('µ', 'u')];
  if (factor === undefined) {
    throw wrong(
      unit === '' ? `"${text}" needs a unit.` : `"${unit}" in "${text}" is no unit of ${metric.name}.`,
      `Write ${metric.name}${operator}${UNIT_EXAMPLES[metric.dimension]}.`,
    );
  }
  if (concurrency !== undefined && Number(concurrency) === 0) {
    throw wrong(`"${text}": there are no measurements at 0 requests at once.`, 'Write @1, @2, …');
  }
  return {
    text,
    metric,
    concurrency: concurrency === undefined ? undefined : Number(concurrency),
    operator,
    limit: Number(amount) * factor,
  };
}

/** Tells which demands speak of requests at once that are not measured. */
export function unmeasured(demands: readonly Demand[], concurrencies: readonly number[]): Demand[] {
  return demands.filter(
    ({ concurrency }) => concurrency !== undefined && !concurrencies.includes(concurrency),
  );
}

/** Holds every configuration against every demand that speaks of it. What was not measured fails. */
export function budgetGates(
  demands: readonly Demand[],
  configurations: readonly ConfigurationResult[],
  coldStarts: readonly ColdStart[],
): Gate[] {
  return demands.flatMap(({ text, metric, concurrency, operator, limit }) =>
    configurations
      .filter((configuration) => concurrency === undefined || configuration.concurrency === concurrency)
      .map((configuration) => {
        const value = metric.value(configuration, coldStarts);
        const passed = value !== undefined && holds(value, operator, limit);
        return {
          name: text,
          subject: configuration.id,
          passed,
          detail:
            value === undefined
              ? `${metric.name} was not measured`
              : `${metric.name} is ${show(value, metric.dimension)}`,
        };
      }),
  );
}

function holds(value: number, operator: Operator, limit: number): boolean {
  switch (operator) {
    case '<=':
      return value <= limit;
    case '<':
      return value < limit;
    case '>=':
      return value >= limit;
    case '>':
      return value > limit;
  }
}

function show(value: number, dimension: Dimension): string {
  switch (dimension) {
    case 'time':
      return formatMs(value);
    case 'memory':
      return formatBytes(value);
    case 'rate':
      return `${value.toPrecision(3)}/s`;
    case 'count':
      return value.toFixed(2);
  }
}

function metric(name: string, dimension: Dimension, value: Metric['value']): Metric {
  return { name, dimension, value };
}

function latencyMetric(name: string, stage: Stage, statistic: (typeof PERCENTILES)[number]): Metric {
  return metric(name, 'time', ({ latencyMs }) => latencyMs[stage]?.[statistic]);
}

/** Cold starts are measured once a network. */
function coldStartOf(
  { network }: ConfigurationResult,
  coldStarts: readonly ColdStart[],
): ColdStart | undefined {
  return coldStarts.find((start) => start.network.sha256 === network.sha256);
}

function wrong(message: string, suggestion: string): OfxError {
  return new OfxError('USAGE', message, { suggestion });
}
