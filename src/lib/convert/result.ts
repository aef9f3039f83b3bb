import { Type, type Static } from '@sinclair/typebox';
import { LatencySchema } from '../model/latency-file.js';
import { VariantSchema } from '../model/manifest.js';
import { InspectionSchema } from '../python/inspection.js';
import { LayersSchema } from './layers.js';
import { ParitySchema } from './parity.js';

const SearchSchema = Type.Object(
  {
    size: Type.Integer({ description: 'Size at which it was decided' }),
    reducedRange: Type.Boolean({ description: 'Weights have 7 bits, for processors without VNNI' }),
    limit: Type.Number({ description: 'What int8 may cost: mean absolute difference of probabilities' }),
    cost: Type.Number({ description: 'What all int8 nodes together cost' }),
    nodes: Type.Array(
      Type.Object({
        name: Type.String(),
        way: Type.Union([Type.Literal('dynamic'), Type.Literal('static')]),
        share: Type.Number({ description: 'Of the multiply-adds' }),
        cost: Type.Union([Type.Number(), Type.Null()], {
          description: 'Of int8 in this node alone; null where all together cost little enough',
        }),
        int8: Type.Boolean({ description: 'Whether it is computed in int8; otherwise in float32' }),
      }),
    ),
  },
  { description: 'Which nodes became int8, and what each costs' },
);

const LatencyResultSchema = Type.Object(LatencySchema.properties, {
  description: 'Of other precisions, over that of float32; latency.json of the model has it, too',
});

/** What `ofx convert` made. */
export const ConvertReportSchema = Type.Object({
  folder: Type.String({ description: 'The model’s folder' }),
  name: Type.String(),
  architecture: Type.String(),
  parameters: Type.Integer({ minimum: 1 }),
  checkpoint: Type.Object({ name: Type.String(), sha256: Type.String() }),
  python: Type.String({ description: 'The interpreter that was used' }),
  torch: Type.String(),
  variants: Type.Array(VariantSchema),
  parity: ParitySchema,
  layers: LayersSchema,
  int8: Type.Optional(SearchSchema),
  latency: Type.Optional(LatencyResultSchema),
  warnings: Type.Array(Type.String()),
  seconds: Type.Number({ minimum: 0 }),
});
export type ConvertReport = Static<typeof ConvertReportSchema>;

/** What `ofx convert` made of a model: the same in more precisions. */
export const PrecisionsReportSchema = Type.Object({
  folder: Type.String({ description: 'The model’s folder' }),
  name: Type.String(),
  model: Type.String({ description: 'What it was made of' }),
  python: Type.String({ description: 'The interpreter that was used' }),
  variants: Type.Array(VariantSchema),
  int8: Type.Optional(SearchSchema),
  latency: Type.Optional(LatencyResultSchema),
  warnings: Type.Array(Type.String()),
  seconds: Type.Number({ minimum: 0 }),
});
export type PrecisionsReport = Static<typeof PrecisionsReportSchema>;

/** What `ofx convert --setup` without a checkpoint made. */
export const SetupReportSchema = Type.Object({
  python: Type.String({ description: 'The interpreter of the environment' }),
});
export type SetupReport = Static<typeof SetupReportSchema>;

/** `parity.json` beside the manifest: what was compared and found in full. */
export const ParityFileSchema = Type.Object(
  {
    ...ParitySchema.properties,
    layers: Type.Optional(Type.Object(LayersSchema.properties, { description: 'Pixels and task' })),
    int8: Type.Optional(SearchSchema),
  },
  { $id: 'parity', title: 'parity.json of a model that ofx convert made' },
);

const head = { schemaVersion: Type.Literal(1), ofx: Type.String() };

/** The document of `ofx convert --json`. */
export const ConvertDocumentSchema = Type.Union(
  [
    Type.Object({ ...head, ...ConvertReportSchema.properties }),
    Type.Object({ ...head, ...PrecisionsReportSchema.properties }, { title: 'Of a model' }),
    Type.Object({ ...head, ...InspectionSchema.properties }, { title: 'With --inspect' }),
    Type.Object({ ...head, ...SetupReportSchema.properties }, { title: 'With --setup and no checkpoint' }),
  ],
  { $id: 'convert', title: 'Result of ofx convert --json' },
);
