import { intervalText } from '../text/numbers.js';
import { OfxError } from '../core/errors.js';
import { similarNames } from '../text/suggest.js';
import { parseCondition, type Condition, type Vocabulary } from '../gates/condition.js';
import type { Gate } from '../gates/gate.js';
import { judge, type GatedNumber } from '../gates/judge.js';
import { showQuantity, type Dimension } from '../gates/quantity.js';
import { METRIC_DEFINITIONS, METRIC_PATHS, type MetricPath } from '../metrics/definitions.js';
import type { Estimate } from '../metrics/run-metrics.js';
import type { RobustnessRow } from './robustness.js';
import { categoryOf, metricAt, type RunSummary } from './summary.js';

/** What a path may end in: bounds of the 95 % interval, and the number of images. */
const FIELDS = ['low', 'high', 'n'] as const;
type EstimateField = 'value' | (typeof FIELDS)[number];

/** What `--robustness` measures under each distortion, by its path and by the columns of its rows. */
const ROBUSTNESS = {
  'robustness.image.auc': 'imageAuc',
  'robustness.pixel.macro.f1': 'pixelMacroF1',
} as const;
const ROBUSTNESS_PATHS = Object.keys(ROBUSTNESS) as (keyof typeof ROBUSTNESS)[];

/** Conditions on a run's metrics: each by its path in `summary.json`, which may end in `.low`, `.high` or `.n`. */
export const METRIC_VOCABULARY: Vocabulary = {
  quantities: new Map(
    [...METRIC_PATHS, ...ROBUSTNESS_PATHS].flatMap((path) => [
      [path, dimensionOf(path)],
      ...FIELDS.map((field): [string, Dimension] => [
        `${path}.${field}`,
        field === 'n' ? 'count' : dimensionOf(path),
      ]),
    ]),
  ),
  filters: ['category', 'dataset', 'size', 'precision', 'distortion', 'level'],
  baseline: true,
  example: 'pixel.macro.f1 < 0.40',
  synonyms: (path) =>
    METRIC_DEFINITIONS[addressed(path).path.replace(/^robustness\./, '') as MetricPath].title
      .split(/\W+/)
      .map((word) => word.toLowerCase()),
};

/** Looks a metric up; undefined where the run does not know it. */
export type MetricLookup = (path: MetricPath) => Estimate | undefined;

/**
 * A run's metrics as a condition asks for them: of all images, or of those of one category.
 */
export function lookupIn(summary: RunSummary, { filters }: Condition): MetricLookup {
  if (filters.has('distortion') || filters.has('level'))
    return () => missing('distortions are of robustness.image.auc and robustness.pixel.macro.f1');
  const dataset = filters.get('dataset');
  if (dataset !== undefined && dataset.toLowerCase() !== summary.dataset.name.toLowerCase())
    return () => missing(`no data set ${dataset}; this is a run on ${summary.dataset.name}`);
  const { inputSize, precision } = summary.model;
  const other = [
    ['size', String(inputSize)],
    ['precision', precision],
  ].find(([key, own]) => (filters.get(key!) ?? own)!.toLowerCase() !== own);
  if (other) return () => missing(`this run is of ${other[0]!} ${other[1]!}`);
  const name = filters.get('category');
  if (name === undefined) return (path) => metricAt(summary.metrics, path);
  const category = categoryOf(summary, name);
  if (category) return (path) => metricAt(category.metrics, path);
  const known = (summary.categories ?? []).map((each) => each.name).join(', ');
  const reason = `no category ${name}; ${known === '' ? 'the data set names none' : `there are ${known}`}`;
  return () => missing(reason);
}

function missing(reason: string): Estimate {
  return { value: null, low: null, high: null, n: 0, reason };
}

/** Whether a condition is about distorted photos. */
export function isAboutRobustness({ path }: Pick<Condition, 'path'>): boolean {
  return path.startsWith('robustness.');
}

/**
 * Judges a run under each distortion that a condition names; under all of them where it names none. The rows of a baseline are
 * those of the same distortions.
 */
export function judgeRobustness(
  condition: Condition,
  subject: string,
  { robustness = [] }: RunSummary,
  baseline?: RunSummary,
): Gate[] {
  const { filters } = condition;
  const kind = filters.get('distortion')?.toLowerCase();
  const level = filters.get('level');
  const wanted = robustness.filter(
    (row) =>
      (kind === undefined ? row.distortion !== 'none' : row.distortion === kind) &&
      (level === undefined || row.level === Number(level)),
  );
  if (wanted.length === 0 || filters.has('category')) {
    const reason = filters.has('category')
      ? 'robustness is not measured by category'
      : 'no such distortion was measured; --robustness measures them';
    return [judgeMetric(condition, subject, () => missing(reason))];
  }
  const { path } = addressed(condition.path);
  const column = ROBUSTNESS[path as keyof typeof ROBUSTNESS];
  const estimateOf = (row: RobustnessRow | undefined): Estimate =>
    row
      ? {
          value: row[column],
          low: row[`${column}Low`],
          high: row[`${column}High`],
          n: row.images,
          reason: 'the images cannot give it',
        }
      : missing('the baseline did not measure this distortion');
  return wanted.map((row) => {
    const before = baseline?.robustness?.find(
      (other) => other.distortion === row.distortion && other.level === row.level,
    );
    const name = `${subject}, ${row.distortion}${row.level === null ? '' : ` ${row.level}`}`;
    return judgeMetric(condition, name, () => estimateOf(row), baseline && (() => estimateOf(before)));
  });
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
): GatedNumber | undefined {
  if (!estimate) return undefined;
  const { low, high, reason } = estimate;
  const note =
    field === 'value' && low !== null && high !== null
      ? ` (95 %: ${intervalText({ low, high }, (bound) => showQuantity(dimension, bound))})`
      : undefined;
  return { value: estimate[field], reason, note };
}

function dimensionOf(path: string): Dimension {
  return path.startsWith('counts.') ? 'count' : 'share';
}

/**
 * Metrics that somebody names by their paths, in any case.
 *
 * @throws {OfxError} USAGE that names the nearest ones
 */
export function metricPaths(names: readonly string[]): MetricPath[] {
  return names.map((name) => {
    const path = METRIC_PATHS.find((each) => each.toLowerCase() === name.toLowerCase());
    if (path) return path;
    const similar = similarNames(name, METRIC_PATHS, { most: 4, parts: (each) => each.split('.') });
    throw new OfxError('USAGE', `There is no metric ${name}.`, {
      suggestion:
        similar.length > 0 ? `Did you mean ${similar.join(', ')}?` : 'docs/metrics.md lists them all.',
    });
  });
}
