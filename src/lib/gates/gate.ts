import { Type, type Static } from '@sinclair/typebox';

/** A demand on a result, and whether the result meets it. A gate that fails makes a command exit with 3. */
export const GateSchema = Type.Object(
  {
    name: Type.String({ description: 'The demand as it was asked, e.g. "p95<=500ms"' }),
    subject: Type.String({ description: 'What was held against it, e.g. a configuration or a run' }),
    passed: Type.Boolean(),
    detail: Type.String({ description: 'The value that was found, as a sentence' }),
  },
  { title: 'A demand on a result' },
);
export type Gate = Static<typeof GateSchema>;
