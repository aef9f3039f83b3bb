import { parseCondition, type Condition, type Vocabulary } from '../gates/condition.js';
import type { Gate } from '../gates/gate.js';
import { judge, type Measured } from '../gates/judge.js';
import { showQuantity, type Dimension } from '../gates/quantity.js';
import { METRIC_DEFINITIONS, METRIC_PATHS, type MetricPath } from '../metrics/definitions.js';
import type { Estimate } from '../metrics/run-metrics.js';
import { categoryOf, metricAt, type RunSummary } from './summary.js';

/** What a path may end in: bounds of the 95 % interval, and the number of images. */
const FIELDS = ['low', 'high', 'n'] as const;
type EstimateField = 'value' | (typeof FIELDS)[number];

/** Conditions on a run's metrics: each by its path in `summary.json`, which may end in `.low`, `.high` or `.n`. */
export const METRIC_VOCABULARY: Vocabulary = {
  quantities: new Map(
    METRIC_PATHS.flatMap((path) => [
      [path, dimensionOf(path)],
      ...FIELDS.map((field): [string, Dimension] => [
        `${path}.${field}`,
        field === 'n' ? 'count' : dimensionOf(path),
      ]),
    ]),
  ),
  filters: ['category'],
  baseline: true,
  example: 'pixel.macro.f1 < 0.40',
  synonyms: (path) =>
    METRIC_DEFINITIONS[addressed(path).path].title.split(/\W+/).map((word) => word.toLowerCase()),
};

/** Looks a metric up; undefined where the run does not know it. */
export type MetricLookup = (path: MetricPath) => Estimate | undefined;

/**
 * A run's metrics as a condition asks for them: of all images, or of those of one category.
 */
export function lookupIn(summary: RunSummary, { filters }: Condition): MetricLookup {
  const name = filters.get('category');
  if (name === undefined) return (path) => metricAt(summary.metrics, path);
  const category = categoryOf(summary, name);
  if (category) return (path) => metricAt(category.metrics, path);
  const known = (summary.categories ?? []).map((each) => each.name).join(', ');
  const reason = `no category ${name}; ${known === '' ? 'the data set names none' : `there are ${known}`}`;
  return () => ({ value: null, low: null, high: null, n: 0, reason });
}

/** @throws {OfxError} USAGE */
export function parseMetricCondition(text: string): Condition {
  return parseCondition(text, METRIC_VOCABULARY);
}

/** The metric that a path addresses, and which of its numbers. */
export function addressed(path: string): { path: MetricPath; field: EstimateField } {
  const field = FIELDS.find((each) => path.endsWith(`.${each}`));
  return {
    path: (field === undefined ? path : path.slice(0, -field.length - 1)) as MetricPath,
    field: field ?? 'value',
  };
}

/** Judges a run by a condition on one of its metrics, and by the same metric of a baseline. */
export function judgeMetric(
  condition: Condition,
  subject: string,
  metricOf: MetricLookup,
  baselineOf?: MetricLookup,
): Gate {
  const { path, field } = addressed(condition.path);
  const dimension = METRIC_VOCABULARY.quantities.get(condition.path)!;
  return judge(
    condition,
    dimension,
    subject,
    measured(metricOf(path), field, dimension),
    measured(baselineOf?.(path), field, dimension),
  );
}

function measured(
  estimate: Estimate | undefined,
  field: EstimateField,
  dimension: Dimension,
): Measured | undefined {
  if (!estimate) return undefined;
  const { low, high, reason } = estimate;
  const note =
    field === 'value' && low !== null && high !== null
      ? ` (95 %: ${showQuantity(dimension, low)} to ${showQuantity(dimension, high)})`
      : undefined;
  return { value: estimate[field], reason, note };
}

function dimensionOf(path: MetricPath): Dimension {
  return path.startsWith('counts.') ? 'count' : 'share';
}
