import { Type, type Static } from '@sinclair/typebox';
import { Count, NumberOrNull } from '../core/schema.js';
import { GateSchema } from '../gates/gate.js';
import { DIFFERENCE_VERDICTS, FEWEST_IMAGES } from '../metrics/compare.js';
import { METRIC_DEFINITIONS, type MetricPath } from '../metrics/definitions.js';
import { ESTIMATED_PATHS } from '../metrics/run-statistic.js';

/** What `ofx compare` says. */

export const DifferenceSchema = Type.Object(
  {
    first: NumberOrNull,
    second: NumberOrNull,
    difference: Type.Union([Type.Number(), Type.Null()], { description: 'second − first' }),
    low: Type.Union([Type.Number(), Type.Null()], { description: 'Of the 95 % interval, paired bootstrap' }),
    high: NumberOrNull,
    chanceBetter: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
      description: 'Share of resamples in which the second run is better',
    }),
    images: Type.Integer({
      minimum: 0,
      description:
        'Images that the difference rests on, of the class that the number is about or the rarer one',
    }),
    verdict: Type.Union(
      DIFFERENCE_VERDICTS.map((verdict) => Type.Literal(verdict)),
      {
        description: `better or worse where the interval excludes 0, unclear where it does not, few below ${FEWEST_IMAGES} images`,
      },
    ),
  },
  { title: 'A number of two runs over the same images' },
);

const DifferencesSchema = Type.Object(
  Object.fromEntries(
    ESTIMATED_PATHS.map((path) => [
      path,
      { ...DifferenceSchema, description: METRIC_DEFINITIONS[path].definition },
    ]),
  ) as Record<MetricPath, typeof DifferenceSchema>,
);

export const ComparedRunSchema = Type.Object(
  {
    name: Type.String({ description: 'Model and version, made different where they are not' }),
    folder: Type.String({ description: 'As it was given' }),
    model: Type.Object({
      name: Type.String(),
      version: Type.String(),
      sha256: Type.String(),
      inputSize: Type.Integer(),
      precision: Type.String(),
    }),
    dataset: Type.Object({ name: Type.String(), sha256: Type.String(), images: Count, failed: Count }),
    settings: Type.Object({
      protocol: Type.String(),
      scoreAt: Type.String(),
      scoreThreshold: Type.Number(),
      maskThreshold: Type.Number(),
    }),
  },
  { title: 'A run that takes part' },
);
export type ComparedRunInfo = Static<typeof ComparedRunSchema>;

const SideSchema = Type.Object(
  {
    score: Type.Number(),
    predicted: Type.Boolean(),
    f1: NumberOrNull,
    iou: NumberOrNull,
    tamperedFraction: NumberOrNull,
    panel: Type.Union([Type.String(), Type.Null()], { description: 'Panel, relative to the run’s folder' }),
  },
  { title: 'Outcome' },
);

export const ChangedImageSchema = Type.Object(
  {
    image: Type.String(),
    label: Type.Union([Type.Literal(0), Type.Literal(1)]),
    change: Type.Number({
      description:
        'How much better the second run is on it, −1 to 1: gain of F1 on a tampered image, loss of false-alarm area on an authentic one; gain of score towards the truth where there are no masks',
    }),
    verdictChanged: Type.Boolean({ description: 'One run is right about the image and the other is not' }),
    first: SideSchema,
    second: SideSchema,
  },
  { title: 'An image on which two runs differ' },
);
export type ChangedImage = Static<typeof ChangedImageSchema>;
export type ChangedSide = Static<typeof SideSchema>;

export const PairComparisonSchema = Type.Object(
  {
    run: Type.Integer({ minimum: 1, description: 'Which of the runs is held against the first' }),
    verdict: Type.Union(DIFFERENCE_VERDICTS.map((verdict) => Type.Literal(verdict))),
    sentence: Type.String({ description: 'The verdict on the headline number, in words' }),
    differences: DifferencesSchema,
    improved: Type.Integer({ minimum: 0, description: 'Images on which it is better than the first' }),
    worsened: Type.Integer({ minimum: 0 }),
    changed: Type.Array(ChangedImageSchema, { description: 'Those that changed most, most first' }),
  },
  { title: 'A run against the first' },
);
export type PairComparison = Static<typeof PairComparisonSchema>;

export const ComparisonSchema = Type.Object({
  build: Type.String({ description: 'The commit that ofx was built of, or "modified"' }),
  runs: Type.Array(ComparedRunSchema, { minItems: 2 }),
  headline: Type.Object({ path: Type.String(), title: Type.String() }),
  images: Type.Object({
    paired: Count,
    tampered: Count,
    authentic: Count,
    leftOut: Type.Array(
      Type.Object({
        run: Type.Integer({ minimum: 0 }),
        count: Count,
        examples: Type.Array(Type.String()),
      }),
      { description: 'Images that not all runs scored, by run' },
    ),
  }),
  notes: Type.Array(Type.String(), { description: 'What whoever reads a number must know' }),
  comparisons: Type.Array(PairComparisonSchema),
  gates: Type.Array(GateSchema),
});
export type Comparison = Static<typeof ComparisonSchema>;

export const CompareDocumentSchema = Type.Object(
  { schemaVersion: Type.Literal(1), ofx: Type.String(), ...ComparisonSchema.properties },
  { $id: 'compare', title: 'Result of ofx compare --json' },
);
