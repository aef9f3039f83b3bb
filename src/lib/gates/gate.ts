import { Type, type Static } from '@sinclair/typebox';

/** A condition put to a result, and whether the result passes: a gate that fails makes a command exit with 3. */
export const GateSchema = Type.Object(
  {
    name: Type.String({ description: 'The condition as it was written, e.g. "fail on p95 > 500ms"' }),
    subject: Type.String({ description: 'What was judged, e.g. a configuration or a run' }),
    passed: Type.Boolean(),
    detail: Type.String({ description: 'The value that was found, as a sentence' }),
  },
  { title: 'A condition put to a result' },
);
export type Gate = Static<typeof GateSchema>;
