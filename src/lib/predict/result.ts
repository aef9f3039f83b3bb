import { Type, type Static } from '@sinclair/typebox';
import { PrecisionSchema } from '../model/manifest.js';

/** What `ofx predict` says; `ofx serve` answers the same. */

const Milliseconds = Type.Number({ minimum: 0 });
const Fraction = Type.Number({ minimum: 0, maximum: 1 });

export const RegionSchema = Type.Object(
  {
    x: Type.Integer({ minimum: 0 }),
    y: Type.Integer({ minimum: 0 }),
    width: Type.Integer({ minimum: 1 }),
    height: Type.Integer({ minimum: 1 }),
    area: Type.Integer({ minimum: 1, description: 'Pixels that belong to the region' }),
    meanProbability: Fraction,
  },
  { description: '8-connected part of the mask; bounding box in pixels of the image' },
);

export const ModelIdentitySchema = Type.Object({
  name: Type.String(),
  version: Type.String(),
  sha256: Type.String(),
  inputSize: Type.Integer({ minimum: 1 }),
  precision: PrecisionSchema,
});

const Photos = Type.Integer({ minimum: 1 });
const Manipulated = Type.Integer({ minimum: 0 });

export const TestedSchema = Type.Object(
  {
    data: Type.String({ description: 'Which photos the model was tested on' }),
    scores: Type.Object({ low: Fraction, high: Fraction }, { description: 'What counts as such a score' }),
    photos: Type.Integer({ minimum: 1, description: 'Test photos with such a score' }),
    manipulated: Type.Integer({ minimum: 0, description: 'How many of them were manipulated' }),
    low: Type.Number({
      minimum: 0,
      maximum: 1,
      description: '95 % interval of the share of manipulated photos (Wilson)',
    }),
    high: Fraction,
    all: Type.Object(
      { photos: Photos, manipulated: Manipulated },
      { description: 'All test photos: where manipulation is rarer than among them, so it is at any score' },
    ),
  },
  {
    description:
      'What the score is worth: how many of the test photos with such a score were manipulated. Absent where there were too few',
  },
);
export type Tested = Static<typeof TestedSchema>;

export const PredictionSchema = Type.Object(
  {
    image: Type.String(),
    width: Type.Integer({ minimum: 1 }),
    height: Type.Integer({ minimum: 1 }),
    tampered: Type.Boolean({ description: 'score > scoreThreshold' }),
    score: Type.Number({ minimum: 0, maximum: 1, description: 'Probability, after the temperature' }),
    scoreThreshold: Fraction,
    maskThreshold: Fraction,
    tamperedFraction: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Share of the image that the mask covers',
    }),
    regions: Type.Array(RegionSchema, { description: 'Largest first' }),
    outputs: Type.Object({
      mask: Type.Optional(Type.String()),
      probability: Type.Optional(Type.String()),
      overlay: Type.Optional(Type.String()),
    }),
    model: ModelIdentitySchema,
    tested: Type.Optional(TestedSchema),
    timingsMs: Type.Object({
      decode: Milliseconds,
      preprocess: Milliseconds,
      inference: Milliseconds,
      postprocess: Milliseconds,
      encode: Milliseconds,
      total: Milliseconds,
    }),
    warnings: Type.Array(Type.String()),
  },
  { title: 'What the model says about one image' },
);
export type Prediction = Static<typeof PredictionSchema>;

export const FailedInputSchema = Type.Object(
  {
    image: Type.String(),
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      suggestion: Type.Optional(Type.String({ description: 'The next step' })),
    }),
  },
  { title: 'An input that could not be scored; it is neither authentic nor tampered' },
);
export type FailedInput = Static<typeof FailedInputSchema>;

export const PredictSummarySchema = Type.Object({
  inputs: Type.Integer({ minimum: 0 }),
  tampered: Type.Integer({ minimum: 0 }),
  authentic: Type.Integer({ minimum: 0 }),
  failed: Type.Integer({ minimum: 0 }),
  resumed: Type.Integer({ minimum: 0, description: 'Results resumed from an earlier run' }),
  seconds: Type.Number({ minimum: 0 }),
});
export type PredictSummary = Static<typeof PredictSummarySchema>;

export type PredictResult = Prediction | FailedInput;

export interface PredictReport {
  /** One an input, in the order of the inputs. */
  results: PredictResult[];
  summary: PredictSummary;
}

export function isFailed(result: PredictResult): result is FailedInput {
  return 'error' in result;
}

export function summarise(
  results: readonly PredictResult[],
  resumed: number,
  seconds: number,
): PredictSummary {
  const failed = results.filter(isFailed).length;
  const tampered = results.filter((result) => !isFailed(result) && result.tampered).length;
  return {
    inputs: results.length,
    tampered,
    authentic: results.length - failed - tampered,
    failed,
    resumed,
    seconds,
  };
}

/** The document of `ofx predict --json`. */
export const PredictDocumentSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    ofx: Type.String(),
    results: Type.Array(Type.Union([PredictionSchema, FailedInputSchema])),
    summary: PredictSummarySchema,
  },
  { $id: 'predict', title: 'Result of ofx predict --json' },
);
