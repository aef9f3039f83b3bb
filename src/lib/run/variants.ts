import { Type, type Static } from '@sinclair/typebox';
import { NumberOrNull } from '../core/schema.js';
import { GateSchema } from '../gates/gate.js';
import { RunSummarySchema, type NestedMetrics } from './summary.js';

export const VARIANT_FILES = {
  summary: 'variants.json',
  page: 'variants.html',
  numbers: 'variants.csv',
  chart: 'trade-off',
} as const;

const LatencySchema = Type.Object(
  {
    runs: Type.Integer({ minimum: 1 }),
    p50: Type.Number({ minimum: 0 }),
    p95: Type.Number({ minimum: 0 }),
    mean: Type.Number({ minimum: 0 }),
  },
  { description: 'Milliseconds an image, from file to mask, one at a time: as ofx bench measures it' },
);

const VariantSchema = Type.Object(
  {
    name: Type.String({ description: 'As reports and folders call it, e.g. 288-fp32' }),
    folder: Type.String({ description: 'Of its run, relative to the folder of all' }),
    inputSize: Type.Integer({ minimum: 1 }),
    precision: Type.String(),
    sha256: Type.String(),
    failed: Type.Integer({ minimum: 0 }),
    warnings: Type.Array(Type.String()),
    metrics: RunSummarySchema.properties.metrics,
    latencyMs: LatencySchema,
    peakMemoryBytes: Type.Integer({ minimum: 0 }),
    onFront: Type.Boolean({
      description: 'No other variant is at least as fast and as accurate, and better in one of both',
    }),
    withinBudget: Type.Boolean({ description: 'Its median latency is at most maxLatencyMs' }),
  },
  { title: 'One size and precision of the model' },
);

/** Sizes and precisions of one model on one data set: the content of `variants.json`. */
export const VariantsSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    ofx: Type.String(),
    build: Type.Optional(Type.String()),
    startedAt: Type.String({ description: 'ISO 8601' }),
    seconds: Type.Number({ minimum: 0 }),
    folder: Type.String(),
    model: Type.Object({ name: Type.String(), version: Type.String() }),
    dataset: Type.Object({ name: Type.String(), sha256: Type.String(), samples: Type.Integer() }),
    settings: RunSummarySchema.properties.settings,
    machine: Type.Object(
      { cpu: Type.String(), threads: Type.Integer({ minimum: 1 }) },
      {
        description: 'Where latency was measured, and threads of one inference',
      },
    ),
    photos: Type.Integer({ minimum: 1, description: 'Images of the data set that latency was measured on' }),
    headline: Type.Object(
      { path: Type.String(), title: Type.String() },
      { description: 'What counts as accuracy: of --protocol' },
    ),
    maxLatencyMs: Type.Union([Type.Number(), Type.Null()], {
      description: 'The budget of --max-latency',
    }),
    variants: Type.Array(VariantSchema, { minItems: 1, description: 'Fastest first' }),
    recommendation: Type.Object(
      {
        variant: Type.Union([Type.String(), Type.Null()], {
          description: 'The most accurate within the budget; null where none is within it',
        }),
        faster: Type.Union(
          [
            Type.Object({
              variant: Type.String(),
              speedUp: Type.Number({ description: 'Latency of the recommended one over its own' }),
              difference: NumberOrNull,
              low: NumberOrNull,
              high: NumberOrNull,
              verdict: Type.String({ description: 'As of ofx compare' }),
            }),
            Type.Null(),
          ],
          {
            description:
              'The next faster one on the front, and its accuracy less that of the recommended one, paired image by image',
          },
        ),
        text: Type.String({ description: 'The same as a sentence' }),
      },
      { title: 'Which variant to use' },
    ),
    warnings: Type.Array(Type.String()),
    gates: Type.Array(GateSchema),
  },
  { $id: 'validate-variants', title: 'Result of ofx validate --json for several sizes or precisions' },
);

type Plain = Static<typeof VariantsSchema>;
export type VariantResult = Omit<Plain['variants'][number], 'metrics'> & { metrics: NestedMetrics };
export type Variants = Omit<Plain, 'variants'> & { variants: VariantResult[] };
