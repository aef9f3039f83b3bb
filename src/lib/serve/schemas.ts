import { Type, type Static, type TOptional, type TUnsafe } from '@sinclair/typebox';
import { forEachOutput, type OutputFormat, type OutputKind } from '../image/output-kinds.js';
import { ModelIdentitySchema, PredictDocumentSchema, PredictionSchema } from '../predict/result.js';
import { PrecisionSchema } from '../model/manifest.js';
import { JobBodySchema } from './jobs/job.js';
import { LARGEST_JOB } from './jobs/settings.js';
import { DrawingSchema } from '../predict/exhibit/drawing.js';
import { FileFactsSchema } from '../predict/exhibit/exhibit.js';
import { LARGEST_BATCH } from './options.js';
import { IMAGE_FIELD } from './uploads.js';

/** The shapes of requests and answers: they validate the former, and describe both in `/docs`. */

const ReportSchema = Type.Object({
  url: Type.String({ description: 'Where the server listens, http://HOST:PORT' }),
});
export type ServeReport = Static<typeof ReportSchema>;

/** The document of `ofx serve --json`, printed as soon as the server listens. */
export const ServeDocumentSchema = Type.Object(
  { schemaVersion: Type.Literal(1), ofx: Type.String(), ...ReportSchema.properties },
  { $id: 'serve', title: 'Result of ofx serve --json' },
);

const Fraction = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1, description }));

const QUESTION = {
  model: Type.Optional(Type.String({ description: 'Name of a model of `GET /v1/models`', maxLength: 200 })),
  size: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Input size of the network: its side in pixels' }),
  ),
  scoreThreshold: Fraction('Tampered where the score is larger [the server’s, else the model’s]'),
  maskThreshold: Fraction(
    'A pixel is marked where its probability is larger [the server’s, else the model’s]',
  ),
  minArea: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Drop regions with fewer pixels [the server’s]' }),
  ),
  tile: Type.Optional(
    Type.Boolean({
      description:
        'Look at an image whose longer side is more than twice the input size through windows, too: finds places better, takes longer [false]',
    }),
  ),
};

/** Query of `POST /v1/predict/batch`. */
export const BatchQuerySchema = Type.Object(QUESTION, { additionalProperties: false });

/** Query of `POST /v1/jobs`. */
export const JobQuerySchema = Type.Object(
  {
    ...QUESTION,
    webhook: Type.Optional(
      Type.String({
        maxLength: 4000,
        description: 'URL that is told when the job has ended, with a signature',
      }),
    ),
  },
  { additionalProperties: false },
);

const OUTPUT_QUESTIONS = forEachOutput(({ formats, query }) =>
  Type.Optional(
    Type.Union(
      Object.keys(formats).map((format) => Type.Literal(format)),
      { description: query },
    ),
  ),
) as unknown as {
  [Kind in OutputKind]: TOptional<TUnsafe<OutputFormat<Kind>>>;
};

/** Query of `POST /v1/predict`. */
export const PredictQuerySchema = Type.Object(
  {
    ...QUESTION,
    ...OUTPUT_QUESTIONS,
    exhibit: Type.Optional(
      Type.Literal('json', {
        description:
          'Adds what a report tells of the file (EXIF without its place, compression), small pictures, and lines to draw over them',
      }),
    ),
  },
  { additionalProperties: false },
);

const Base64 = (description: string) =>
  Type.Optional(Type.String({ contentEncoding: 'base64', description: `${description}, Base64` }));

/** Small pictures of an image and of what was found in it. */
const ExhibitSchema = Type.Object(
  {
    photo: Base64('The image, its longer side 1,000 pixels at most, JPEG'),
    heat: Base64('Heat map to lay over it, PNG'),
    map: Base64('Probabilities, 255 for 1, PNG 8-bit grey'),
    drawings: Type.Array(DrawingSchema, { description: 'Lines over the image, in its pixels' }),
  },
  { title: 'What a report shows of an image' },
);

/** Answer of `POST /v1/predict`: one result of `ofx predict --json`, and the images that were asked for. */
export const PredictAnswerSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    ofx: Type.String({ description: 'Version of ofx' }),
    ...PredictionSchema.properties,
    ...forEachOutput(({ answer }) => Base64(answer)),
    file: Type.Optional(FileFactsSchema),
    exhibit: Type.Optional(ExhibitSchema),
  },
  { $id: 'serve-predict', title: 'Answer of POST /v1/predict' },
);

/** Answer of `POST /v1/predict/batch`: the very document of `ofx predict --json`. */
export const BatchAnswerSchema = Type.Omit(PredictDocumentSchema, [], {
  $id: 'serve-batch',
  title: 'Answer of POST /v1/predict/batch',
});

export const ModelsAnswerSchema = Type.Object(
  {
    models: Type.Array(
      Type.Object({
        name: Type.String(),
        version: Type.String(),
        description: Type.Optional(Type.String()),
        licence: Type.Optional(Type.String()),
        variants: Type.Array(
          Type.Object({
            inputSize: Type.Integer({ minimum: 1 }),
            precision: PrecisionSchema,
            sha256: Type.String({ description: 'Of the ONNX file' }),
          }),
        ),
        default: Type.Boolean({ description: 'Used where a request names no model' }),
      }),
    ),
  },
  { $id: 'serve-models', title: 'Answer of GET /v1/models' },
);

export const HealthSchema = Type.Object(
  { status: Type.Literal('alive') },
  { title: 'Answer of GET /healthz' },
);

export const ReadinessSchema = Type.Object(
  {
    status: Type.Union([
      Type.Literal('ready'),
      Type.Literal('degraded', { description: 'It takes images, with fewer workers than it should have' }),
      Type.Literal('loading'),
      Type.Literal('full'),
      Type.Literal('stopping'),
    ]),
    running: Type.Integer({ minimum: 0, description: 'Images that are worked on' }),
    waiting: Type.Integer({ minimum: 0, description: 'Images that wait' }),
    workers: Type.Object({
      ready: Type.Integer({ minimum: 0, description: 'Workers that can take an image' }),
      wanted: Type.Integer({ minimum: 1 }),
    }),
    modelChanged: Type.Boolean({
      description: 'The model’s files on disk are no longer those in use; a reload takes them over',
    }),
  },
  { title: 'Answer of GET /readyz' },
);

export type Readiness = Static<typeof ReadinessSchema>;

/** Answer of `POST /v1/report` as JSON; docs/case-file.md has its shape. */
export const CaseTwinSchema = Type.Object({}, { title: 'Machine-readable twin of a case file' });

/** Answer of `POST /admin/reload`. */
export const ReloadAnswerSchema = Type.Object(
  {
    model: ModelIdentitySchema,
    notes: Type.Array(Type.String(), { description: 'What people should know about the models' }),
  },
  { title: 'Answer of POST /admin/reload' },
);

const Binary = { type: 'string', contentEncoding: 'binary' };

/** Bodies as OpenAPI knows them. They are read as streams, so no validator sees them. */
export const UPLOAD_BODY = {
  content: {
    'image/*': { schema: Binary },
    'application/octet-stream': { schema: Binary },
    'multipart/form-data': {
      schema: { type: 'object', required: [IMAGE_FIELD], properties: { [IMAGE_FIELD]: Binary } },
    },
  },
};

const images = (maxItems: number) => ({
  'multipart/form-data': {
    schema: {
      type: 'object',
      required: [IMAGE_FIELD],
      properties: { [IMAGE_FIELD]: { type: 'array', items: Binary, minItems: 1, maxItems } },
    },
  },
});

export const JOB_BODY = {
  content: {
    'application/json': { schema: JobBodySchema },
    'image/*': { schema: Binary },
    ...images(LARGEST_JOB),
  },
};

export const BATCH_BODY = { content: images(LARGEST_BATCH) };
