import { Type, type Static } from '@sinclair/typebox';
import { DeviationSchema } from './deviation.js';
import { InspectionSchema } from './inspection.js';

/** What the scripts of `python/` tell, one JSON object a line. Events that are not here are ignored. */
export const ConvertEventSchema = Type.Union([
  Type.Object({
    event: Type.Literal('checkpoint'),
    architecture: Type.String(),
    code: Type.Optional(
      Type.Object(
        { file: Type.String(), callable: Type.String(), sha256: Type.String() },
        {
          description: 'Of a network of one’s own',
        },
      ),
    ),
    parameters: Type.Integer(),
    sha256: Type.String(),
    torch: Type.String(),
    exporter: Type.String(),
    opset: Type.Integer(),
    input: Type.String(),
    score: Type.String(),
    mask: Type.String(),
  }),
  Type.Object({ event: Type.Literal('warning'), message: Type.String() }),
  Type.Object({ event: Type.Literal('exported'), size: Type.Integer() }),
  Type.Object({
    event: Type.Literal('pixels'),
    size: Type.Integer(),
    opencv: Type.Union([Type.String(), Type.Null()]),
    photos: Type.Array(Type.Object({ name: Type.String(), largest: Type.Number() })),
    values: Type.Integer(),
    differing: Type.Integer(),
  }),
  Type.Object({ event: Type.Literal('deviation'), ...DeviationSchema.properties }),
  Type.Object({ event: Type.Literal('reference'), size: Type.Integer() }),
  Type.Object({ event: Type.Literal('search'), done: Type.Integer(), total: Type.Integer() }),
  Type.Object({
    event: Type.Literal('quantised'),
    size: Type.Integer({ description: 'Size at which it was decided' }),
    reducedRange: Type.Boolean(),
    limit: Type.Number(),
    cost: Type.Number(),
    nodes: Type.Array(
      Type.Object({
        name: Type.String(),
        way: Type.Union([Type.Literal('dynamic'), Type.Literal('static')]),
        share: Type.Number(),
        cost: Type.Union([Type.Number(), Type.Null()]),
        int8: Type.Boolean(),
      }),
    ),
  }),
  Type.Object({ event: Type.Literal('inspected'), ...InspectionSchema.properties }),
  Type.Object({ event: Type.Literal('made'), precision: Type.String(), size: Type.Integer() }),
  Type.Object({
    event: Type.Literal('error'),
    code: Type.Union([
      Type.Literal('CHECKPOINT_INVALID'),
      Type.Literal('NETWORK_INVALID'),
      Type.Literal('SIZE_NOT_AVAILABLE'),
      Type.Literal('PRECISION_FAILED'),
      Type.Literal('PYTHON_PACKAGE_MISSING'),
      Type.Literal('IO_FAILED'),
    ]),
    message: Type.String(),
    suggestion: Type.Optional(
      Type.String({ description: 'The next step, where it is not the usual one of this code' }),
    ),
  }),
  Type.Object({ event: Type.Literal('done') }),
]);
export type ConvertEvent = Static<typeof ConvertEventSchema>;
export type CheckpointEvent = Extract<ConvertEvent, { event: 'checkpoint' }>;
export type PixelsEvent = Extract<ConvertEvent, { event: 'pixels' }>;
export type QuantisedEvent = Extract<ConvertEvent, { event: 'quantised' }>;
