import { Type, type Static } from '@sinclair/typebox';

const Position = Type.Object({ x: Type.Number(), y: Type.Number() });

const PlaceSchema = Type.Object({
  x: Type.Integer({ minimum: 0 }),
  y: Type.Integer({ minimum: 0 }),
  width: Type.Integer({ minimum: 1 }),
  height: Type.Integer({ minimum: 1 }),
  area: Type.Integer({ minimum: 1, description: 'Pixels of the image' }),
  outline: Type.Array(Position, { description: 'Its border as a polygon, in pixels of the image' }),
});

const CopySchema = Type.Object({
  from: PlaceSchema,
  to: PlaceSchema,
  directionKnown: Type.Boolean({
    description:
      'Whether the network’s map tells which place is the copy; else both are marked, and from and to may be the other way round',
  }),
  shift: Type.Object(Position.properties, {
    description: 'From the middle of the one to that of the other, in pixels',
  }),
  rotation: Type.Number({ description: 'Degrees, clockwise' }),
  scale: Type.Number({
    exclusiveMinimum: 0,
    description: 'Size of the copy as a multiple of the original’s',
  }),
  similarity: Type.Number({
    minimum: -1,
    maximum: 1,
    description: 'Correlation of the detail of both places',
  }),
  residual: Type.Number({
    minimum: -1,
    maximum: 1,
    description: 'Correlation of their noise; about 0 where things merely look alike',
  }),
  probability: Type.Number({
    minimum: 0,
    maximum: 1,
    description: 'That it is a copy, by this source alone',
  }),
});
export type CopyFinding = Static<typeof CopySchema>;

/** The findings of the source "copies". */
export const CopiesSchema = Type.Array(CopySchema, {
  description:
    'Places that were copied within the image, the most convincing first; bounding boxes in pixels of the image',
});
