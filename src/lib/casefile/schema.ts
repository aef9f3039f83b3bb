import { Type, type Static } from '@sinclair/typebox';
import { FileFactsSchema, type FileFacts } from '../predict/exhibit/exhibit.js';
import {
  FailedInputSchema,
  ModelIdentitySchema,
  PredictionSchema,
  PredictSummarySchema,
  SoftwareSchema,
  withOptional,
  type FailedInput,
  type Prediction,
} from '../predict/result.js';

/** What people write on a case file themselves. */
export const CaseSubjectSchema = Type.Object({
  id: Type.Optional(Type.String({ description: 'Number of the case' })),
  examiner: Type.Optional(Type.String()),
  note: Type.Optional(Type.String()),
});
export type CaseSubject = Static<typeof CaseSubjectSchema>;

export const ScoreBinSchema = Type.Object(
  {
    from: Type.Number({ minimum: 0, maximum: 1 }),
    to: Type.Number({ minimum: 0, maximum: 1 }),
    manipulated: Type.Integer({ minimum: 0 }),
    others: Type.Integer({ minimum: 0 }),
  },
  { description: 'Test photos with a score from the first number up to, without, the second' },
);

/** By what was examined: the same for every photo. */
export const CaseContextSchema = Type.Object({
  software: SoftwareSchema,
  model: Type.Object({
    ...ModelIdentitySchema.properties,
    description: Type.Optional(Type.String()),
    licence: Type.Optional(Type.String()),
    limits: Type.Optional(Type.Array(Type.String())),
    card: Type.Optional(
      Type.String({ description: 'Markdown: how good the model is, and where it must not be trusted' }),
    ),
  }),
  evidence: Type.Array(
    Type.Object({
      name: Type.String(),
      title: Type.String(),
      decides: Type.Boolean({
        description: 'Whether it is a part of the score, or only tells what it found',
      }),
    }),
  ),
  settings: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  tests: Type.Optional(
    Type.Object({
      data: Type.String(),
      about: Type.Optional(Type.String()),
      scores: Type.Array(ScoreBinSchema),
    }),
  ),
});
export type CaseContext = Static<typeof CaseContextSchema>;

export const ReviewSchema = Type.Object(
  {
    reviewed: Type.Boolean({ description: 'Whether somebody has looked at it' }),
    note: Type.Optional(Type.String({ maxLength: 10_000 })),
  },
  { description: 'What a person said of the photo; no program makes it' },
);
export type Review = Static<typeof ReviewSchema>;

export const CaseResultSchema = withOptional(
  Type.Object({ ...PredictionSchema.properties }, { title: 'What the model says about one image' }),
  { file: FileFactsSchema, review: ReviewSchema },
);
export type CaseResult = Prediction & { file: FileFacts; review?: Review };

export const CaseFailureSchema = Type.Object(
  {
    ...FailedInputSchema.properties,
    sha256: Type.Optional(Type.String({ description: 'Of the file, where it could be read at all' })),
    bytes: Type.Optional(Type.Integer({ minimum: 0 })),
    review: Type.Optional(ReviewSchema),
  },
  { title: 'An input that could not be examined; it has no verdict' },
);
export type CaseFailure = Static<typeof CaseFailureSchema> & FailedInput;

/** `case.json`: the content of the report for machines, without its pictures. */
export const CaseFileSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    ofx: Type.String(),
    case: CaseSubjectSchema,
    createdAt: Type.String({ description: 'ISO 8601, UTC' }),
    ...CaseContextSchema.properties,
    summary: PredictSummarySchema,
    results: Type.Array(Type.Union([CaseResultSchema, CaseFailureSchema]), {
      description: 'Worst first: by verdict, then by score; what could not be examined comes last',
    }),
  },
  { $id: 'case', title: 'Machine-readable twin of a case file' },
);
