import { Type, type Static } from '@sinclair/typebox';
import { ERROR_TABLE, type ErrorCode } from '../../core/errors.js';
import { OFX_VERSION } from '../../core/version.js';
import { PredictDocumentSchema, type PredictResult } from '../../predict/result.js';

export const JOB_STATES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** States that a job does not leave. */
export const ENDED: readonly JobState[] = ['completed', 'failed', 'cancelled'];
export const PENDING: readonly JobState[] = ['queued', 'running'];

/** What a request asked for, as the route of predictions takes it. */
export interface JobQuestion {
  model?: string | undefined;
  size?: number | undefined;
  scoreThreshold?: number | undefined;
  maskThreshold?: number | undefined;
  minArea?: number | undefined;
  tile?: boolean | undefined;
}

/** An image that was sent along, or one to be fetched. */
export type JobInput = { name: string; bytes: number } | { name: string; url: string };

export interface JobError {
  code: ErrorCode;
  message: string;
}

export interface Notification {
  state: 'pending' | 'delivered' | 'failed';
  attempts: number;
  /** Why the last attempt failed. */
  error?: string | undefined;
}

/** What does not change of a job. */
export interface JobOrder {
  id: string;
  /** Who may see it. */
  owner: string;
  createdAt: string;
  question: JobQuestion;
  inputs: JobInput[];
  webhook?: string | undefined;
}

/** A job as it stands. */
export interface Job extends JobOrder {
  state: JobState;
  /** How often the work on it was begun. */
  starts: number;
  startedAt?: string | undefined;
  endedAt?: string | undefined;
  /** When it is forgotten; of one that ended. */
  expiresAt?: string | undefined;
  error?: JobError | undefined;
  notification?: Notification | undefined;
  /** As those of `POST /v1/predict/batch`, in the order of the inputs; while it runs, of those that are done. */
  results: PredictResult[];
}

/** Bytes that are kept for a job until it ends. */
export function bytesOf({ inputs }: JobOrder): number {
  return inputs.reduce((sum, input) => sum + ('bytes' in input ? input.bytes : 0), 0);
}

const Time = (description: string) => Type.String({ format: 'date-time', description });

export const JobSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    ofx: Type.String({ description: 'Version of ofx' }),
    id: Type.String(),
    state: Type.Union(
      JOB_STATES.map((state) => Type.Literal(state)),
      {
        description:
          'completed: every image has a result or an error of its own; failed: the work could not be done, see error',
      },
    ),
    createdAt: Time('ISO 8601, UTC'),
    startedAt: Type.Optional(Time('When the work was begun first')),
    endedAt: Type.Optional(Time('When it was completed, failed or was cancelled')),
    expiresAt: Type.Optional(Time('When it is forgotten, with its results')),
    images: Type.Object({ total: Type.Integer({ minimum: 1 }), done: Type.Integer({ minimum: 0 }) }),
    results: PredictDocumentSchema.properties.results,
    error: Type.Optional(
      Type.Object({
        code: Type.Unsafe<ErrorCode>({ type: 'string', enum: Object.keys(ERROR_TABLE) }),
        message: Type.String(),
      }),
    ),
    webhook: Type.Optional(
      Type.Object({
        url: Type.String(),
        state: Type.Union([Type.Literal('pending'), Type.Literal('delivered'), Type.Literal('failed')]),
        attempts: Type.Integer({ minimum: 0 }),
        error: Type.Optional(Type.String({ description: 'Why the last attempt failed' })),
      }),
    ),
  },
  { $id: 'serve-job', title: 'Answer of POST /v1/jobs and GET /v1/jobs/{id}' },
);
export type JobDocument = Static<typeof JobSchema>;

/** A job as its owner sees it. */
export function toDocument(job: Job): JobDocument {
  const { id, state, createdAt, startedAt, endedAt, expiresAt, inputs, results, error } = job;
  const { webhook, notification = { state: 'pending', attempts: 0 } } = job;
  return {
    schemaVersion: 1,
    ofx: OFX_VERSION,
    id,
    state,
    createdAt,
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(expiresAt !== undefined && { expiresAt }),
    images: { total: inputs.length, done: results.length },
    results,
    ...(error && { error }),
    ...(webhook !== undefined && {
      webhook: {
        url: webhook,
        state: notification.state,
        attempts: notification.attempts,
        ...(notification.error !== undefined && { error: notification.error }),
      },
    }),
  };
}

/** Body of `POST /v1/jobs` as JSON. */
export const JobBodySchema = Type.Object(
  {
    urls: Type.Array(Type.String({ maxLength: 4000 }), { minItems: 1, description: 'Images to be fetched' }),
  },
  { additionalProperties: false, title: 'Body of POST /v1/jobs' },
);
