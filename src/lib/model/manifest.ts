import { Type, type Static } from '@sinclair/typebox';
import { NumberOrNull } from '../core/schema.js';

/** `model.json`, the manifest that makes a folder a model. Unknown keys are kept and ignored. */

const Triple = Type.Tuple([Type.Number(), Type.Number(), Type.Number()], { title: 'Channels' });
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** Whether a network's output is before or after the sigmoid. */
export const OutputScaleSchema = Type.Union([Type.Literal('logit'), Type.Literal('probability')]);
export type OutputScale = Static<typeof OutputScaleSchema>;

const OutputSchema = Type.Object({
  name: Type.String({ minLength: 1 }),
  kind: OutputScaleSchema,
  channel: Type.Optional(
    Type.Integer({
      minimum: 0,
      description:
        'Of an output with several channels, the one that is manipulation, from 0; of logits the softmax is taken',
    }),
  ),
});
export type OutputDescription = Static<typeof OutputSchema>;

export const PrecisionSchema = Type.Union([Type.Literal('fp32'), Type.Literal('fp16'), Type.Literal('int8')]);
export type Precision = Static<typeof PrecisionSchema>;

const Scores = Type.Array(Type.Number({ minimum: 0, maximum: 1 }), { minItems: 1 });

export const TestScoresSchema = Type.Object(
  {
    data: Type.String({ minLength: 1, description: 'Which photos these are, in words' }),
    tampered: Scores,
    authentic: Scores,
  },
  { description: 'Scores of test photos, before any temperature: what a score of this network is worth' },
);
export type TestScores = Static<typeof TestScoresSchema>;

export const ThresholdsSchema = Type.Object({
  score: Type.Optional(
    Type.Number({ minimum: 0, maximum: 1, description: 'Manipulated where score > this [0.5]' }),
  ),
  mask: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Positive where p > this [0.5]' })),
  temperature: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, description: 'Divides the score logit before the sigmoid [1]' }),
  ),
  fittedOn: Type.Optional(Type.Unknown({ description: 'Which data these were fitted on' })),
});
export type Thresholds = Static<typeof ThresholdsSchema>;

export const FusionSchema = Type.Object(
  {
    sources: Type.Array(
      Type.Object({
        name: Type.String({ minLength: 1, description: 'Source of evidence, e.g. "network"' }),
        weight: Type.Number({ description: 'Of its log-odds, before any temperature' }),
        mapWeight: Type.Optional(
          Type.Number({ minimum: 0, maximum: 1, description: 'Of the probabilities of its map [1]' }),
        ),
        aloneFrom: Type.Optional(
          Type.Number({
            description: 'From these log-odds on its map alone says where, whatever others mark [never]',
          }),
        ),
      }),
      { minItems: 1, description: 'The first that has a map sets the size of the fused one' },
    ),
    bias: Type.Number({ description: 'Log-odds of the fused score = bias + sum of weight * log-odds' }),
    thresholds: Type.Optional(
      Type.Object(ThresholdsSchema.properties, {
        description: 'Of the fused score and map; without, 0.5, the model’s own for the mask, and 1',
      }),
    ),
    testScores: Type.Optional(
      Type.Object(TestScoresSchema.properties, { description: 'Fused scores of test photos' }),
    ),
    fittedOn: Type.Optional(Type.Unknown({ description: 'Which data the weights were fitted on' })),
  },
  { description: 'How sources of evidence come to one score (a logistic regression) and one map' },
);
export type Fusion = Static<typeof FusionSchema>;

const DistanceSchema = {
  max: Type.Number({ minimum: 0 }),
  mean: Type.Number({ minimum: 0 }),
};

/** A metric of a variant beside that of float32 over the same images. */
const PairedSchema = Type.Object({
  fp32: NumberOrNull,
  value: NumberOrNull,
  difference: Type.Union([Type.Number(), Type.Null()], { description: 'value − fp32' }),
  low: Type.Union([Type.Number(), Type.Null()], {
    description: '95 % interval of the difference, paired bootstrap',
  }),
  high: NumberOrNull,
});

export const AccuracySchema = Type.Object(
  {
    dataset: Type.Object({
      name: Type.String(),
      sha256: Type.String(),
      images: Type.Integer({ minimum: 1 }),
    }),
    metrics: Type.Object({
      'pixel.macro.f1': PairedSchema,
      'image.auc': PairedSchema,
      'pixel.macro.auc': PairedSchema,
    }),
    flippedVerdicts: Type.Integer({
      minimum: 0,
      description: 'Images that one of the two is right about and the other is not',
    }),
    maxLoss: Type.Number({ minimum: 0, description: 'What was allowed of pixel.macro.f1 and image.auc' }),
    accepted: Type.Boolean({ description: 'Whether it lost no more; otherwise --force kept it' }),
  },
  { description: 'Beside float32 on a data set, as "ofx convert --validate" measured it' },
);
export type VariantAccuracy = Static<typeof AccuracySchema>;

export const FloatDifferenceSchema = Type.Object(
  {
    photos: Type.Integer({ minimum: 1 }),
    map: Type.Object(DistanceSchema, { description: 'Of the probabilities of all pixels' }),
    score: Type.Object(DistanceSchema, { description: 'Of the scores as probabilities' }),
    flippedPixels: Type.Number({ minimum: 0, maximum: 1, description: 'Share on the other side of 0.5' }),
  },
  { description: 'From float32, on photos of the calibration' },
);
export type FloatDifference = Static<typeof FloatDifferenceSchema>;

export const QuantisationSchema = Type.Object({
  int8Nodes: Type.Integer({ minimum: 1 }),
  candidates: Type.Integer({ minimum: 1, description: 'Nodes that int8 could have been used for' }),
  reducedRange: Type.Boolean({ description: 'Weights have 7 bits, for processors without VNNI' }),
  calibration: Type.Object({
    photos: Type.Integer({ minimum: 1 }),
    source: Type.String({ description: 'Name of the folder' }),
  }),
});

export const VariantSchema = Type.Object({
  file: Type.String({ minLength: 1, description: 'ONNX file, relative to the manifest' }),
  inputSize: Type.Integer({
    minimum: 1,
    description: 'Side S of the square input, or of the square whose area free shapes have, in pixels',
  }),
  precision: PrecisionSchema,
  sha256: Type.String({
    ...Sha256,
    description:
      'Of the ONNX file and then of every file that it refers to, sorted by name, as one stream of bytes',
  }),
  bytes: Type.Integer({ minimum: 1, description: 'Of all of them together' }),
  externalData: Type.Optional(
    Type.Array(Type.String(), {
      description: 'Files that the ONNX file refers to; variants may share them',
    }),
  ),
  testScores: Type.Optional(TestScoresSchema),
  fusion: Type.Optional(FusionSchema),
  quantisation: Type.Optional(QuantisationSchema),
  difference: Type.Optional(FloatDifferenceSchema),
  accuracy: Type.Optional(Type.Union([Type.Literal('not measured'), AccuracySchema])),
});
export type Variant = Static<typeof VariantSchema>;

/** How photos are brought to a network. */
export const FITS = ['stretch', 'free'] as const;
export type Fit = (typeof FITS)[number];

export const InputSchema = Type.Object({
  name: Type.String({ minLength: 1 }),
  colour: Type.Literal('RGB'),
  layout: Type.Literal('NCHW'),
  mean: Triple,
  std: Triple,
  resize: Type.Literal('opencv-linear'),
  fit: Type.Optional(
    Type.Union(
      FITS.map((fit) => Type.Literal(fit)),
      {
        description:
          'How photos are brought to it: stretched to S x S [stretch], or in their own shape, of that area (docs/models.md)',
      },
    ),
  ),
  enlarge: Type.Optional(
    Type.Number({ minimum: 1, description: 'With free: the most that a small photo is enlarged by [1]' }),
  ),
});
export type ManifestInput = Static<typeof InputSchema>;

export const ManifestSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    name: Type.String({ minLength: 1 }),
    version: Type.String({ minLength: 1 }),
    input: InputSchema,
    outputs: Type.Object({
      score: Type.Union([OutputSchema, Type.Null()]),
      mask: OutputSchema,
    }),
    variants: Type.Array(VariantSchema, { minItems: 1 }),
    defaultSize: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Size that is taken where none is asked for [288, or the nearest]',
      }),
    ),
    defaultPrecision: Type.Optional(
      Type.Union([Type.Literal('fp32'), Type.Literal('fp16'), Type.Literal('int8')], {
        description: 'Precision that is taken where none is asked for [fp32, where there is one]',
      }),
    ),
    description: Type.Optional(Type.String()),
    licence: Type.Optional(Type.String()),
    architecture: Type.Optional(Type.String()),
    testData: Type.Optional(
      Type.String({ minLength: 1, description: 'What the test photos are, in plain words' }),
    ),
    limits: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'What the model misses and where it is wrong, a sentence or two each',
      }),
    ),
    thresholds: Type.Optional(ThresholdsSchema),
    fusion: Type.Optional(FusionSchema),
    provenance: Type.Optional(
      Type.Object({
        checkpoint: Type.Optional(Type.Object({ name: Type.String(), sha256: Sha256 })),
        code: Type.Optional(
          Type.Object(
            { file: Type.String(), callable: Type.String(), sha256: Sha256 },
            { description: 'That built the network, where it is none of ofx’s' },
          ),
        ),
        torch: Type.Optional(Type.String()),
        exporter: Type.Optional(Type.String()),
        opset: Type.Optional(Type.Integer()),
        date: Type.Optional(Type.String()),
      }),
    ),
    parity: Type.Optional(Type.Unknown()),
    metrics: Type.Optional(Type.Unknown()),
  },
  { $id: 'model', title: 'Manifest of an ofx model (model.json)' },
);
export type Manifest = Static<typeof ManifestSchema>;

/** ImageNet's statistics, which the published configurations of ObjectFormer use. */
export const IMAGENET_NORMALISATION = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const satisfies { mean: [number, number, number]; std: [number, number, number] };

export const MANIFEST_FILE = 'model.json';
