import { Type, type Static } from '@sinclair/typebox';

/** What a checkpoint is, as `python/inspect_checkpoint.py` tells it. */

const Names = (description: string) => Type.Array(Type.String(), { description });

const InspectedNetworkSchema = Type.Object({
  name: Type.String({ description: 'Entry and prefix, as --weights takes them' }),
  entry: Type.String({ description: 'Keys that lead to the state dict; empty where the file is one' }),
  prefix: Type.String({ description: 'What stands before the name of every tensor' }),
  wrappers: Type.Array(
    Type.Object({
      name: Type.String(),
      by: Type.Union([Type.String(), Type.Null()], {
        description: 'What puts it there, where that is known',
      }),
    }),
    { description: 'The parts of the prefix' },
  ),
  averaged: Type.Boolean({ description: 'An average over the training (EMA, SWA), by its name' }),
  chosen: Type.Boolean({ description: 'Whether ofx convert would take this one' }),
  architecture: Type.Union([Type.String(), Type.Null()], {
    description: 'null where what the file says of it cannot be',
  }),
  configuration: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
    description: 'Sizes of the network: widths, blocks, heads, …',
  }),
  parameters: Type.Union([Type.Integer(), Type.Null()]),
  tensors: Type.Integer(),
  bytes: Type.Integer(),
  types: Type.Record(Type.String(), Type.Integer(), { description: 'Values by data type' }),
  missing: Names('Tensors that the network needs, and the file lacks'),
  foreign: Names('Tensors that mean another variant of the network'),
  misshapen: Type.Array(
    Type.Object({
      name: Type.String(),
      found: Type.Array(Type.Integer()),
      needed: Type.Array(Type.Integer()),
    }),
    { description: 'Tensors of another shape than the network’s' },
  ),
  leftOut: Names('Tensors beside it that a conversion leaves out'),
  notNeeded: Names('Tensors that only training reads, and the file lacks'),
  problem: Type.Union([Type.String(), Type.Null()], { description: 'Why it cannot be converted' }),
});

export const InspectionSchema = Type.Object({
  file: Type.Object({
    name: Type.String(),
    bytes: Type.Integer(),
    sha256: Type.String(),
    format: Type.Union([Type.Literal('pickle'), Type.Literal('safetensors')]),
  }),
  convertible: Type.Boolean(),
  problem: Type.Union([Type.String(), Type.Null()], { description: 'Why not' }),
  suggestion: Type.Union([Type.String(), Type.Null()], { description: 'The next step, where there is one' }),
  networks: Type.Array(InspectedNetworkSchema),
  input: Type.Union(
    [
      Type.Object({
        shapes: Type.Union([Type.Literal('square'), Type.Literal('free')], {
          description: 'free: ofx convert --fit free works, too',
        }),
        runs: Type.Array(Type.Integer(), { description: 'Sides of images that were tried, and run' }),
        refused: Type.Array(Type.Integer(), { description: 'Sides that were tried, and do not run' }),
        trainedAt: Type.Union([Type.Integer(), Type.Null()], {
          description: 'By the configuration in the file',
        }),
      }),
      Type.Null(),
    ],
    { description: 'Images that the network takes; null where no network is known' },
  ),
  epoch: Type.Union([Type.Number(), Type.Null()]),
  configuration: Type.Record(Type.String(), Type.Unknown(), { description: 'Of the training, by entry' }),
  metadata: Type.Record(Type.String(), Type.String(), { description: 'The header of a safetensors file' }),
  metrics: Type.Array(
    Type.Object({
      name: Type.String({ description: 'Where in the file' }),
      count: Type.Integer({ minimum: 1 }),
      values: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
        description: 'In the order of the file, the last 10,000; null is not a number',
      }),
    }),
    { description: 'Numbers that the training kept' },
  ),
  entries: Type.Array(
    Type.Object({
      name: Type.String({ description: 'Empty: the tensors of a file that is a state dict itself' }),
      kind: Type.String({ description: 'weights, optimizer, scheduler, scaler, configuration, metrics, …' }),
      tensors: Type.Integer(),
      bytes: Type.Integer({ description: 'Of its tensors' }),
    }),
    { description: 'All entries of the file' },
  ),
  warnings: Type.Array(Type.String()),
});
export type Inspection = Static<typeof InspectionSchema>;
