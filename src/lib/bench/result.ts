import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { Count } from '../core/schema.js';
import { GateSchema } from '../gates/gate.js';
import { PrecisionSchema } from '../model/manifest.js';
import { SIDE_SOURCES } from '../predict/evidence/sources.js';
import { withOptional } from '../predict/result.js';

/** What `ofx bench` says. Times are in milliseconds, memory in bytes. */

const Amount = Type.Number({ minimum: 0 });
const nullableNumber = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

export const SummarySchema = Type.Object(
  {
    runs: Count,
    mean: Amount,
    meanLow: Amount,
    meanHigh: Amount,
    stddev: Amount,
    min: Amount,
    p50: Amount,
    p90: Amount,
    p95: Amount,
    p99: Amount,
    max: Amount,
    outliers: Type.Integer({ minimum: 0, description: 'Modified z-score beyond 3.5; counted, not left out' }),
  },
  { description: 'meanLow to meanHigh is a 95 % bootstrap interval; percentiles are interpolated linearly' },
);
export type Summary = Static<typeof SummarySchema>;

/** The steps of one image, and all of it. A fixed tensor knows inference and total only. */
export const STAGES = [
  'decode',
  'preprocess',
  'inference',
  // Named by the table of sources: types know the others only.
  ...(SIDE_SOURCES as never[]),
  'postprocess',
  'encode',
  'total',
] as const;
export type Stage = (typeof STAGES)[number];

const perStage = <T extends TSchema>(schema: T, description: string) =>
  withOptional(
    Type.Object(
      {
        decode: Type.Optional(schema),
        preprocess: Type.Optional(schema),
        inference: schema,
        postprocess: Type.Optional(schema),
        encode: Type.Optional(schema),
        total: schema,
      },
      { description },
    ),
    Object.fromEntries(SIDE_SOURCES.map((name) => [name, schema])),
  );

export const MachineSchema = Type.Object({
  cpu: Type.String(),
  flags: Type.String(),
  cores: Count,
  usableCores: Type.Integer({ minimum: 1, description: 'Within the affinity mask and the CPU quota' }),
  quota: nullableNumber('CPU quota of the container, in processors'),
  memoryBytes: Count,
  os: Type.String(),
  arch: Type.String(),
  node: Type.String(),
  onnxruntime: Type.String(),
  fingerprint: Type.String({ description: 'Of all the fields but the memory' }),
});
export type Machine = Static<typeof MachineSchema>;

export const NetworkIdentitySchema = Type.Object({
  model: Type.String({ description: 'As --model names it' }),
  name: Type.String(),
  version: Type.String(),
  sha256: Type.String(),
  inputSize: Type.Integer({ minimum: 1 }),
  precision: PrecisionSchema,
});
export type NetworkIdentity = Static<typeof NetworkIdentitySchema>;

export const ColdStartSchema = Type.Object(
  {
    network: NetworkIdentitySchema,
    threads: Type.Integer({ minimum: 1 }),
    samplesMs: Type.Array(Amount, { description: 'From starting a process to its first result' }),
    medianMs: Amount,
    medianLoadMs: Type.Number({ minimum: 0, description: 'Of which loading the model took this' }),
  },
  { description: 'Fresh processes; the files are in the page cache' },
);
export type ColdStart = Static<typeof ColdStartSchema>;

export const ConfigurationResultSchema = Type.Object({
  id: Type.String({ description: 'Unique in this result' }),
  network: NetworkIdentitySchema,
  threads: Type.Integer({ minimum: 1, description: 'Of one inference' }),
  concurrency: Type.Integer({
    minimum: 1,
    description: 'Concurrency: requests at once, each with a session of its own',
  }),
  loadMs: Type.Number({ minimum: 0, description: 'Opening the model: all its sessions' }),
  warmUpRuns: Count,
  seconds: Type.Number({ minimum: 0, description: 'Length of the measurement' }),
  settled: Type.Union([Type.Boolean(), Type.Null()], {
    description: 'The last three windows lie within 5 %; null where the number of runs or the time was given',
  }),
  spread: nullableNumber('How far the last three windows lie apart, as a share of the smallest'),
  latencyMs: perStage(SummarySchema, 'What one image takes'),
  throughputPerSecond: Amount,
  cpu: Type.Object({
    seconds: Type.Number({ minimum: 0, description: 'Processor time of the measurement' }),
    msPerImage: Type.Number({
      minimum: 0,
      description: 'Processor time; waiting for a processor is not in it',
    }),
    coresUsed: Amount,
    otherCoresUsed: Type.Number({
      minimum: 0,
      description: 'Cores that everything else kept busy meanwhile',
    }),
    idleCores: Amount,
    throttledShare: nullableNumber('Share of the periods in which the CPU quota stopped the container'),
  }),
  memory: Type.Object({
    peakBytes: Count,
    steadyBytes: Amount,
    growthBytes: Type.Number({ description: 'Of a line fitted through the second half of the measurement' }),
  }),
  samples: perStage(Type.Array(Amount), 'Every run, in the order in which they ended'),
  memorySamples: Type.Array(Type.Object({ ms: Amount, bytes: Count })),
});
export type ConfigurationResult = Static<typeof ConfigurationResultSchema>;

const RatioSchema = Type.Object(
  { value: Amount, low: Amount, high: Amount },
  { description: 'Below 1 is better for latency and memory; with its 95 % interval' },
);

export const LatencyComparisonSchema = Type.Object({
  id: Type.String({ description: 'The configuration of this run' }),
  reference: Type.String({ description: 'What it is compared with' }),
  latency: RatioSchema,
  peakMemory: Amount,
  throughput: Amount,
});
export type LatencyComparison = Static<typeof LatencyComparisonSchema>;

export const RecommendationSchema = Type.Object({
  network: NetworkIdentitySchema,
  latency: Type.String({ description: 'Id of the configuration with the lowest median latency' }),
  throughput: Type.String({ description: 'Id of the configuration that finishes most images' }),
});
export type Recommendation = Static<typeof RecommendationSchema>;

export const ProfileSchema = Type.Object({
  network: NetworkIdentitySchema,
  threads: Type.Integer({ minimum: 1 }),
  runs: Count,
  operators: Type.Array(Type.Object({ type: Type.String(), nodes: Count, ms: Amount, share: Amount }), {
    description: 'Milliseconds an inference, the longest first',
  }),
  slowest: Type.Array(Type.Object({ node: Type.String(), type: Type.String(), ms: Amount, share: Amount })),
});
export type Profile = Static<typeof ProfileSchema>;

const reportFields = {
  build: Type.Optional(Type.String({ description: 'The commit that ofx was built of, or "modified"' })),
  date: Type.String({ description: 'When the run began, ISO 8601' }),
  mode: Type.Union([Type.Literal('photos'), Type.Literal('inference-only')]),
  photos: Type.Array(Type.String()),
  machine: MachineSchema,
  coldStarts: Type.Array(ColdStartSchema),
  configurations: Type.Array(ConfigurationResultSchema),
  recommendations: Type.Array(RecommendationSchema),
  against: Type.Array(LatencyComparisonSchema, { description: '--against: pairs measured in turns' }),
  baseline: Type.Array(LatencyComparisonSchema, {
    description: '--baseline: an earlier run on the same machine',
  }),
  profiles: Type.Array(ProfileSchema),
  gates: Type.Array(GateSchema),
  warnings: Type.Array(Type.String()),
};

export const BenchReportSchema = Type.Object(reportFields);
export type BenchReport = Static<typeof BenchReportSchema>;

/** The document of `ofx bench --json`, and of `bench.json`, which `--baseline` reads. */
export const BenchDocumentSchema = Type.Object(
  { schemaVersion: Type.Literal(1), ofx: Type.String(), ...reportFields },
  { $id: 'bench', title: 'Result of ofx bench --json' },
);
