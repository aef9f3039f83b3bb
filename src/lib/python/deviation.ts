import { Type, type Static } from '@sinclair/typebox';

const NodeErrorSchema = Type.Object({
  name: Type.String(),
  operator: Type.String(),
  number: Type.Integer({ description: 'Its place in the graph, from 0' }),
  error: Type.Number({
    description: 'Largest difference from float64, over the largest value where that is over 1',
  }),
});

/** Where an exported file leaves PyTorch, as `python/find_deviation.py` tells it. */
export const DeviationSchema = Type.Object({
  size: Type.Integer(),
  image: Type.Integer({
    description: 'Which of the inputs was looked at, from 0: that with the largest difference',
  }),
  tolerance: Type.Number(),
  nodes: Type.Integer({ description: 'Of the graph' }),
  graph: Type.Object(
    { score: Type.Number(), map: Type.Number() },
    { description: 'How far the graph, evaluated in float64, is from PyTorch in float64' },
  ),
  cause: Type.Union([Type.Literal('export'), Type.Literal('runtime'), Type.Literal('none')], {
    description:
      'export: the graph computes another thing; runtime: a node of it is off by more than the tolerance in float32; none: no node is',
  }),
  module: Type.Union(
    [
      Type.Object({
        name: Type.String(),
        kind: Type.String({ description: 'Its class' }),
        after: Type.Union([Type.String(), Type.Null()], {
          description: 'The last module before it that agrees',
        }),
        nodes: Type.Array(Type.String(), { description: 'Nodes after that one, up to its own' }),
      }),
      Type.Null(),
    ],
    { description: 'The first module whose values are not in the graph, where the export is wrong' },
  ),
  node: Type.Union([NodeErrorSchema, Type.Null()], {
    description: 'The first node that is off by more than the tolerance, where the runtime is',
  }),
  worst: Type.Array(NodeErrorSchema, { description: 'The ten nodes with the largest errors' }),
});
export type Deviation = Static<typeof DeviationSchema>;
