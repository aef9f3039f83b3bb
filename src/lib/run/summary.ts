import { Type, type Static, type TObject, type TSchema } from '@sinclair/typebox';
import { Count, NumberOrNull } from '../core/schema.js';
import { GateSchema } from '../gates/gate.js';
import {
  METRIC_DEFINITIONS,
  METRIC_PATHS,
  PROTOCOLS,
  type MetricDefinition,
  type MetricPath,
} from '../metrics/definitions.js';
import { RobustnessRowSchema } from './robustness.js';
import type { Estimate } from '../metrics/run-metrics.js';
import { inputText } from '../text/input-text.js';

const literals = <const T extends readonly string[]>(values: T) =>
  Type.Union(values.map((value) => Type.Literal(value as T[number])));

export const EstimateSchema = Type.Object(
  {
    value: NumberOrNull,
    low: NumberOrNull,
    high: NumberOrNull,
    n: Type.Integer({ minimum: 0, description: 'Images that the number rests on' }),
    reason: Type.Optional(Type.String({ description: 'Why there is no value' })),
  },
  { title: 'A number with its 95 % interval (bootstrap over images)' },
);

/** Numbers as an object of objects: `image.auc` is found at `.image.auc`. */
export type NestedMetrics = { [name: string]: NestedMetrics | Estimate };

/** Builds an object of objects from what belongs at each metric's path. */
function nest<Leaf, Node>(
  leafOf: (path: MetricPath) => Leaf,
  nodeOf: (members: Record<string, Leaf | Node>) => Node,
  paths: readonly MetricPath[] = METRIC_PATHS,
  depth = 0,
): Node {
  const members: Record<string, Leaf | Node> = {};
  for (const path of paths) {
    const parts = path.split('.');
    const name = parts[depth]!;
    if (name in members) continue;
    const prefix = parts.slice(0, depth + 1).join('.');
    const below = paths.filter((other) => other.startsWith(`${prefix}.`));
    members[name] = below.length > 0 ? nest(leafOf, nodeOf, below, depth + 1) : leafOf(path);
  }
  return nodeOf(members);
}

export function nestMetrics(metrics: Record<MetricPath, Estimate>): NestedMetrics {
  return nest<Estimate, NestedMetrics>(
    (path) => metrics[path],
    (members) => members,
  );
}

/** The number at a path; undefined where a summary of another version lacks it. */
export function metricAt(metrics: NestedMetrics, path: string): Estimate | undefined {
  const found = path
    .split('.')
    .reduce<NestedMetrics | Estimate | undefined>(
      (node, name) => (node as NestedMetrics | undefined)?.[name],
      metrics,
    );
  return found !== undefined && 'value' in found ? (found as Estimate) : undefined;
}

const definitionOf = (path: MetricPath): MetricDefinition => METRIC_DEFINITIONS[path];

/** What earlier versions did not measure yet. */
const LATER_PATHS = METRIC_PATHS.filter((path) => definitionOf(path).since !== undefined);

const MetricsSchema = nest<TSchema, TObject>(
  (path) => ({ ...EstimateSchema, description: METRIC_DEFINITIONS[path].definition }),
  (members) => Type.Object(members),
);

/**
 * Metrics of a run as all of ofx expects them: those that its version did not measure yet are there without a value.
 *
 * @param metrics - as they were written; changed in place
 */
export function completeMetrics(metrics: NestedMetrics): void {
  for (const path of LATER_PATHS) {
    const { since } = definitionOf(path);
    const names = path.split('.');
    const last = names.pop()!;
    const parent = names.reduce<NestedMetrics>((node, name) => (node[name] ??= {}) as NestedMetrics, metrics);
    parent[last] ??= { value: null, low: null, high: null, n: 0, reason: `not measured before ofx ${since}` };
  }
}

const ConfusionSchema = Type.Object({ tp: Count, fp: Count, fn: Count, tn: Count }, { title: 'Confusion' });

export const ChartFilesSchema = Type.Object({
  name: Type.String(),
  title: Type.String(),
  spec: Type.String({ description: 'Vega-Lite, relative to the run’s folder' }),
  svg: Type.String(),
  png: Type.String(),
});

export const CalibrationSchema = Type.Object({
  objective: Type.String(),
  score: Type.Number({ description: 'Score threshold, to be met by the score after the new temperature' }),
  mask: NumberOrNull,
  temperature: Type.Number(),
  fusion: Type.Optional(
    Type.Object(
      {
        sources: Type.Array(Type.Object({ name: Type.String(), weight: Type.Number() })),
        bias: Type.Number(),
        auc: EstimateSchema,
      },
      {
        description:
          'Of --fit-fusion: log-odds of the joined score = bias + sum of weight * log-odds; its image AUC on the data that it was fitted on',
      },
    ),
  ),
  file: Type.String({ description: 'Where the fitted values were written' }),
});
export type Calibration = Static<typeof CalibrationSchema>;

/** What a run was and what came out: the content of `summary.json`. */
export const RunSummarySchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    ofx: Type.String({ description: 'Version of ofx' }),
    build: Type.Optional(Type.String({ description: 'Commit that it was built of, or "modified"' })),
    startedAt: Type.String({ description: 'ISO 8601' }),
    seconds: Type.Number({
      minimum: 0,
      description: 'Wall time, of the last session where a run was resumed',
    }),
    resumed: Type.Integer({ minimum: 0, description: 'Images resumed from an interrupted session' }),
    remeasuredFrom: Type.Optional(
      Type.String({ description: 'The finished run that --from measured again, as it was given' }),
    ),
    dataset: Type.Object({
      name: Type.String(),
      location: Type.String({ description: 'As it was given' }),
      layout: Type.String(),
      list: Type.Union([Type.String(), Type.Null()], { description: 'Name of the list of samples' }),
      sha256: Type.String({ description: 'Over names, labels and contents of the samples used, in order' }),
      samples: Type.Integer({ minimum: 0, description: 'Samples of this run' }),
      available: Type.Integer({ minimum: 0, description: 'Samples that the data set has' }),
      leftOut: Type.Integer({ minimum: 0, description: 'Listed samples that could not be used' }),
      findings: Type.Array(
        Type.Object({
          code: Type.String(),
          severity: literals(['error', 'warning', 'note']),
          message: Type.String(),
          count: Type.Integer({ minimum: 1 }),
          examples: Type.Array(Type.String()),
        }),
      ),
    }),
    model: Type.Object({
      name: Type.String(),
      version: Type.String(),
      sha256: Type.String(),
      inputSize: Type.Integer({ minimum: 0, description: '0: predictions on disk, each at its own size' }),
      precision: Type.String(),
      fit: Type.Optional(
        Type.Literal('free', { description: 'Photos kept their shape; without, they were stretched' }),
      ),
      fittedOn: Type.Optional(Type.Unknown({ description: 'The data that its thresholds were fitted on' })),
      fusionFittedOn: Type.Optional(
        Type.Unknown({ description: 'The data that the weights of its sources of evidence were fitted on' }),
      ),
    }),
    settings: Type.Object({
      protocol: literals(PROTOCOLS),
      scoreAt: literals(['network', 'image']),
      evidence: Type.Optional(Type.Array(Type.String(), { description: 'Sources of evidence' })),
      tile: Type.Optional(Type.Boolean({ description: 'Large images were looked at through windows, too' })),
      mirror: Type.Optional(
        Type.Boolean({ description: 'The network saw the mirror image, too; the mean of both' }),
      ),
      scoreThreshold: Type.Number(),
      maskThreshold: Type.Number(),
      temperature: Type.Number(),
      sweepStep: Type.Number(),
      seed: Type.Integer(),
      limit: Type.Union([Type.Integer(), Type.Null()]),
      sample: Type.Union([Type.Integer(), Type.Null()]),
      strict: Type.Boolean(),
    }),
    machine: Type.Object({
      cpu: Type.String(),
      threads: Type.Integer(),
      concurrency: Type.Integer(),
      node: Type.String(),
      platform: Type.String(),
    }),
    headline: Type.Composite([Type.Object({ path: Type.String(), title: Type.String() }), EstimateSchema]),
    warnings: Type.Array(Type.String(), { description: 'What whoever reads a number must know' }),
    metrics: MetricsSchema,
    sources: Type.Optional(
      Type.Array(
        Type.Object({
          name: Type.String(),
          title: Type.String(),
          auc: EstimateSchema,
        }),
        { description: 'Image AUC of each source of evidence alone; of all together it is image.auc' },
      ),
    ),
    baselines: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String(),
          answer: literals(['all', 'none', 'largest-class', 'chance']),
          value: Type.Number(),
        }),
        {
          description:
            'What metrics are for somebody who does not look: marks everything or nothing, says the commoner class, or guesses',
        },
      ),
    ),
    robustness: Type.Optional(
      Type.Array(RobustnessRowSchema, { description: 'Of --robustness: the rows of robustness.csv' }),
    ),
    categories: Type.Optional(
      Type.Array(
        Type.Object({
          name: Type.String(),
          tampered: Type.Integer({ minimum: 0, description: 'Its tampered images that were scored' }),
          authentic: Type.Integer({ minimum: 0, description: 'Its authentic images that were scored' }),
          borrowed: Type.Integer({
            minimum: 0,
            description:
              'Where none of its images is authentic: those of no category with tampered images, which its numbers count, too',
          }),
          failed: Count,
          metrics: MetricsSchema,
        }),
        { description: 'Every number by category, where the data set names categories' },
      ),
    ),
    confusion: Type.Object({ image: ConfusionSchema, pixel: ConfusionSchema }),
    failed: Type.Array(Type.Object({ image: Type.String(), code: Type.String(), message: Type.String() })),
    operatingPoints: Type.Optional(
      Type.Array(
        Type.Object({
          maxFpr: Type.Number({ description: 'False-positive rate of images that the threshold keeps to' }),
          threshold: Type.Number({ description: 'Of the score' }),
          tpr: Type.Number({ description: 'Share of tampered images above it' }),
          fpr: Type.Number({ description: 'Share of authentic images above it' }),
        }),
        { description: 'Score thresholds for fixed rates of false alarms, on these data' },
      ),
    ),
    calibration: Type.Union([CalibrationSchema, Type.Null()]),
    calibrationRefused: Type.Optional(Type.String({ description: 'Why --calibrate kept no thresholds' })),
    gates: Type.Optional(Type.Array(GateSchema, { description: 'The conditions of --fail-on' })),
    charts: Type.Array(ChartFilesSchema),
    panels: Type.Optional(
      Type.Object(
        { kept: Count, which: Type.String({ description: 'For example: the 20 worst' }) },
        { description: 'Where only some panels were kept: how many, and which' },
      ),
    ),
  },
  { $id: 'validation-summary', title: 'summary.json of ofx validate' },
);

type WithMetrics<T> = Omit<T, 'metrics'> & { metrics: NestedMetrics };
type PlainSummary = Static<typeof RunSummarySchema>;

/** A category of a run's images and its numbers. */
export type CategorySummary = WithMetrics<NonNullable<PlainSummary['categories']>[number]>;

/** The numbers have a type of their own: a schema built from a table has none. */
export type RunSummary = WithMetrics<Omit<PlainSummary, 'categories'>> & { categories?: CategorySummary[] };

/** A category by its name, in any case where none is spelt just so. */
export function categoryOf({ categories = [] }: RunSummary, name: string): CategorySummary | undefined {
  const key = name.toLowerCase();
  return (
    categories.find((category) => category.name === name) ??
    categories.find((category) => category.name.toLowerCase() === key)
  );
}

/** At which size a run's maps were made, in words. */
export function describeSize(model: Pick<RunSummary['model'], 'inputSize' | 'fit'>): string {
  return model.inputSize === 0 ? 'the size of its predictions' : inputText(model);
}

/** How a run looked at its images, in words. */
export function describeScoring({ tile, mirror, evidence = [] }: RunSummary['settings']): string {
  const whole = mirror ? 'as a whole and mirrored' : 'as a whole';
  const seen = tile ? 'as a whole, and through windows where large' : whole;
  return evidence.length > 1 ? `${seen}, by ${evidence.join(' and ')}` : seen;
}

/** The document of `ofx validate --json`: the summary, and where the run lies. */
export const ValidateDocumentSchema = Type.Composite(
  [Type.Object({ folder: Type.String() }), RunSummarySchema],
  { $id: 'validate', title: 'Result of ofx validate --json' },
);
