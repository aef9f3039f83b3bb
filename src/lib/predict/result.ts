import { VERDICTS, type Verdict } from '../core/verdict.js';
import { forEachOutput } from '../image/output-kinds.js';
import { Type, type Static, type TObject, type TRecord, type TSchema, type TString } from '@sinclair/typebox';
import { PrecisionSchema } from '../model/manifest.js';
import type { SourceEntry } from './evidence/source.js';
import { SIDE_SOURCES, SOURCE_NAMES, SOURCES } from './evidence/sources.js';

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
  fit: Type.Optional(
    Type.Literal('free', {
      description:
        'Photos keep their shape, and have the area of the square; without, they are stretched to it',
    }),
  ),
});

const Photos = Type.Integer({ minimum: 1 });
const Manipulated = Type.Integer({ minimum: 0 });

export const TestedSchema = Type.Object(
  {
    data: Type.String({ description: 'Which photos the model was tested on, by the names of their sets' }),
    about: Type.Optional(Type.String({ description: 'What these photos are, in plain words' })),
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

export const SourceSaysSchema = Type.Object(
  {
    score: Type.Number({ minimum: 0, maximum: 1, description: 'Probability, by this source alone' }),
    logit: Type.Number({ description: 'The same as log-odds' }),
    weight: Type.Number({ description: 'Of the log-odds in the score; 0 where it only tells what it found' }),
  },
  { title: 'What one source of evidence says of an image' },
);
export type SourceSays = Static<typeof SourceSaysSchema>;

/** What sources beside the network can find, by name. */
const FINDINGS = Object.fromEntries(Object.values(SOURCES).flatMap(findingsOf));

function findingsOf({ findings = {} }: SourceEntry): [string, TSchema][] {
  return Object.entries(findings);
}

/** Adds properties that need not be there, and that types do not know: which they are, a table says. */
export function withOptional<T extends TObject>(schema: T, properties: Readonly<Record<string, TSchema>>): T {
  const optional = Object.entries(properties).map(([name, property]): [string, TSchema] => [
    name,
    Type.Optional(property),
  ]);
  return { ...schema, properties: { ...schema.properties, ...Object.fromEntries(optional) } };
}

const TimingsSchema = withOptional(
  Type.Object({
    decode: Milliseconds,
    preprocess: Milliseconds,
    inference: Milliseconds,
    postprocess: Milliseconds,
    encode: Milliseconds,
    total: Milliseconds,
  }),
  Object.fromEntries(SIDE_SOURCES.map((name) => [name, Milliseconds])),
);

export const SoftwareSchema = Type.Object({
  name: Type.Literal('ofx'),
  version: Type.String(),
  build: Type.String({ description: 'Commit that it was built of, or "modified"' }),
});

const PlainErrorSchema = Type.Object({
  code: Type.String(),
  message: Type.String(),
  suggestion: Type.Optional(Type.String({ description: 'The next step' })),
});

export const PredictionSchema = withOptional(
  Type.Object(
    {
      image: Type.String(),
      sha256: Type.String({ description: 'Of the very bytes that were examined' }),
      bytes: Type.Integer({ minimum: 0, description: 'Size of the input' }),
      examinedAt: Type.String({ description: 'ISO 8601, UTC' }),
      software: SoftwareSchema,
      width: Type.Integer({ minimum: 1 }),
      height: Type.Integer({ minimum: 1 }),
      verdict: Type.Union(
        VERDICTS.map((verdict) => Type.Literal(verdict)),
        {
          description:
            'manipulated: the score is above its threshold; suspicious: it is not, but a region stands out; no-finding proves nothing',
        },
      ),
      tampered: Type.Boolean({ description: 'score > scoreThreshold' }),
      score: Type.Number({ minimum: 0, maximum: 1, description: 'Probability, after the temperature' }),
      scoreThreshold: Fraction,
      maskThreshold: Fraction,
      tamperedFraction: Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Share of the image that the mask covers',
      }),
      page: Type.Optional(
        Type.Integer({ minimum: 1, description: 'Of several pages the one that all this is about' }),
      ),
      pages: Type.Optional(
        Type.Array(
          Type.Object({
            page: Type.Integer({ minimum: 1 }),
            image: Type.Optional(
              Type.Integer({ minimum: 1, description: 'Of a PDF document: which picture of the page' }),
            ),
            score: Fraction,
            tampered: Type.Boolean(),
          }),
          { description: 'The score of each page, or picture of a document, where a file has several' },
        ),
      ),
      picture: Type.Optional(
        Type.Object(
          {
            name: Type.String({ description: 'e.g. contract.pdf#page=2&image=1' }),
            page: Type.Integer({ minimum: 1, description: 'The first that shows it' }),
            image: Type.Integer({ minimum: 1 }),
            sha256: Type.String({
              description: 'Of the JPEG file in the document, or of the compressed samples',
            }),
            bytes: Type.Integer({ minimum: 0 }),
          },
          { description: 'Of a PDF document: the picture that all this is about' },
        ),
      ),
      unseen: Type.Optional(
        Type.Array(
          Type.Object({
            name: Type.String({ description: 'e.g. contract.pdf#page=2&image=1' }),
            page: Type.Integer({ minimum: 1 }),
            image: Type.Integer({ minimum: 1 }),
            error: PlainErrorSchema,
          }),
          { description: 'Of a PDF document: pictures that could not be read, about which nothing is known' },
        ),
      ),
      regions: Type.Array(RegionSchema, { description: 'Largest first' }),
      regionCount: Type.Optional(
        Type.Integer({ minimum: 1, description: 'How many there are, where only the largest are listed' }),
      ),
      windows: Type.Optional(
        Type.Object(
          {
            count: Type.Integer({ minimum: 2 }),
            side: Type.Integer({ minimum: 1, description: 'Of each, in pixels of the image' }),
            decided: Type.Boolean({ description: 'Whether the score is that of a window' }),
          },
          { description: 'Of a large image with --tile: what it was looked at through, beside the whole' },
        ),
      ),
      outputs: Type.Object(forEachOutput(() => Type.Optional(Type.String()))),
      model: ModelIdentitySchema,
      tested: Type.Optional(TestedSchema),
      evidence: Type.Object(
        Object.fromEntries(SOURCE_NAMES.map((name) => [name, Type.Optional(SourceSaysSchema)])),
        { description: 'What each source of evidence says' },
      ) as unknown as TRecord<TString, typeof SourceSaysSchema>,
      timingsMs: TimingsSchema,
      warnings: Type.Array(Type.String()),
    },
    { title: 'What the model says about one image' },
  ),
  FINDINGS,
);
export type Prediction = Static<typeof PredictionSchema>;

export const FailedInputSchema = Type.Object(
  {
    image: Type.String(),
    error: PlainErrorSchema,
  },
  { title: 'An input that could not be scored; it has no verdict' },
);
export type FailedInput = Static<typeof FailedInputSchema>;

export const SkippedSchema = Type.Object(
  {
    noImages: Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
      description: 'Files that are no images, by extension ("" where they have none)',
    }),
    ownOutputs: Type.Integer({ minimum: 0, description: 'Images that ofx wrote' }),
    groundTruth: Type.Integer({ minimum: 0, description: 'Ground truth beside its photos' }),
    hidden: Type.Integer({
      minimum: 0,
      description: 'Folders, and files named like images, whose names begin with a dot',
    }),
  },
  { description: 'Files of searched folders that were left out; none of them was looked at' },
);

export const PredictSummarySchema = Type.Object({
  inputs: Type.Integer({ minimum: 0 }),
  manipulated: Type.Integer({ minimum: 0 }),
  suspicious: Type.Integer({ minimum: 0 }),
  noFinding: Type.Integer({ minimum: 0 }),
  failed: Type.Integer({ minimum: 0 }),
  unseenPictures: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'Pictures in PDF documents that could not be read, while others of the document were',
    }),
  ),
  highestScore: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
    description: 'The highest score of all images; null where none could be scored',
  }),
  resumed: Type.Integer({ minimum: 0, description: 'Results resumed from an earlier run' }),
  seconds: Type.Number({ minimum: 0 }),
  skipped: Type.Optional(SkippedSchema),
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

/** Counts results as they come. */
export class SummaryCounter {
  readonly summary: PredictSummary = {
    inputs: 0,
    manipulated: 0,
    suspicious: 0,
    noFinding: 0,
    failed: 0,
    highestScore: null,
    resumed: 0,
    seconds: 0,
  };

  add(result: PredictResult): void {
    this.summary.inputs++;
    this.summary[isFailed(result) ? 'failed' : COUNTED_AS[result.verdict]]++;
    if (isFailed(result)) return;
    this.summary.highestScore = Math.max(this.summary.highestScore ?? 0, result.score);
    if (result.unseen)
      this.summary.unseenPictures = (this.summary.unseenPictures ?? 0) + result.unseen.length;
  }
}

const COUNTED_AS = {
  manipulated: 'manipulated',
  suspicious: 'suspicious',
  'no-finding': 'noFinding',
} as const satisfies Record<Verdict, keyof PredictSummary>;

export function summarisePredictions(results: readonly PredictResult[], seconds: number): PredictSummary {
  const counter = new SummaryCounter();
  for (const result of results) counter.add(result);
  return { ...counter.summary, seconds };
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
