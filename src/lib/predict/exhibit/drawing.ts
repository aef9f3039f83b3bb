import { Type, type Static } from '@sinclair/typebox';
import type { Colour, Position, Strokes } from '../../image/strokes.js';

/** Lines over a picture as SVG draws them: the same in a report and on the page of `ofx serve`. */
export const DrawingSchema = Type.Object({
  width: Type.Number({ description: 'Of the lines, in pixels of the image' }),
  colour: Type.String(),
  rim: Type.String({ description: 'Colour of a wider line below, which sets the other off from any ground' }),
  lines: Type.String({ description: 'Path data of open lines' }),
  shapes: Type.String({ description: 'Path data of filled shapes' }),
});
export type Drawing = Static<typeof DrawingSchema>;

export function drawingOf({ width, lines, shapes, colour, rim }: Strokes): Drawing {
  return {
    width: Number(width.toFixed(2)),
    colour: hex(colour),
    rim: hex(rim),
    lines: lines.map(path).join(''),
    shapes: shapes.map((shape) => `${path(shape)}Z`).join(''),
  };
}

function path(points: readonly Position[]): string {
  return points
    .map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${Number(x.toFixed(1))} ${Number(y.toFixed(1))}`)
    .join('');
}

function hex(colour: Colour): string {
  return `#${colour.map((level) => level.toString(16).padStart(2, '0')).join('')}`;
}
