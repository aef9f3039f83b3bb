import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { ERROR_TABLE, type ErrorCode } from '../core/errors.js';
import { OFX_VERSION } from '../core/version.js';
import { SourceSaysSchema, FailedInputSchema, PredictionSchema } from '../predict/result.js';
import { JobBodySchema, JobSchema } from './jobs/job.js';
import { PROBLEM_TYPE, ProblemSchema, problemType } from './problem.js';
import {
  BatchAnswerSchema,
  CaseTwinSchema,
  HealthSchema,
  ModelsAnswerSchema,
  PredictAnswerSchema,
  ReadinessSchema,
  ReloadAnswerSchema,
} from './schemas.js';
import type { Service } from './service.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body as OpenAPI describes it, of a route that reads the body itself. */
    requestBody?: object;
  }
}

/** `/docs`: OpenAPI 3.1 from the schemas of the routes, for people and as JSON and YAML. */
export async function documentApi(app: FastifyInstance, { options }: Service): Promise<void> {
  const { secured } = options;
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'ofx',
        description: 'Tells whether a photo was manipulated, and where.',
        version: OFX_VERSION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'prediction', description: 'Images in, verdicts out' },
        { name: 'jobs', description: 'Images in, verdicts later' },
        { name: 'operation', description: 'For those who run the server' },
      ],
      ...(secured && {
        components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      }),
    },
    convertConstToEnum: false,
    transformObject: (document) =>
      'openapiObject' in document ? withNamedSchemas(document.openapiObject) : {},
    transform: ({ schema, url, route }) => {
      const { requestBody } = route.config ?? {};
      return { url, schema: { ...schema, ...(requestBody && { body: requestBody }) } };
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { deepLinking: true, tryItOutEnabled: true },
    staticCSP: true,
    // Swagger UI sets styles from its scripts.
    transformStaticCSP: () =>
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'",
  });
}

/** What clients name the shapes of answers by; told apart by their titles, which swagger keeps. */
const NAMED: Readonly<Record<string, { title?: string }>> = {
  Problem: ProblemSchema,
  Result: PredictAnswerSchema,
  Results: BatchAnswerSchema,
  Models: ModelsAnswerSchema,
  Prediction: PredictionSchema,
  FailedImage: FailedInputSchema,
  Evidence: SourceSaysSchema,
  Job: JobSchema,
  JobRequest: JobBodySchema,
  CaseFile: CaseTwinSchema,
  Health: HealthSchema,
  Readiness: ReadinessSchema,
  Reloaded: ReloadAnswerSchema,
};

/** Puts each of these shapes into the components once, and a reference wherever it stood. */
function withNamedSchemas<T extends { components?: object }>(api: T): T {
  const names = new Map(Object.entries(NAMED).map(([name, { title }]) => [title, name]));
  const schemas: Record<string, unknown> = {};
  const replaced = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value !== 'object' || value === null) return value;
    const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner)]));
    const name = 'type' in value && 'title' in value ? names.get(value.title as string) : undefined;
    if (name === undefined) return copy;
    schemas[name] = copy;
    return { $ref: `#/components/schemas/${name}` };
  };
  const document = replaced(api) as T;
  return { ...document, components: { ...document.components, schemas } };
}

/** Problems that any route may answer. */
const COMMON = [
  'REQUEST_INVALID',
  'UPLOAD_TOO_SLOW',
  'HEADERS_TOO_LARGE',
  'INTERNAL',
  'STOPPING',
] as const satisfies ErrorCode[];

/** Answers of a route: its own, the problems that it is known to have, by their status, and one for everything else. */
export function answers(
  ok: Record<number, unknown>,
  problems: readonly ErrorCode[] = [],
): Record<string, unknown> {
  const content = { [PROBLEM_TYPE]: { schema: ProblemSchema } };
  const byStatus: Record<number, { description: string; content: object }> = {};
  for (const code of [...problems, ...COMMON]) {
    const { http } = ERROR_TABLE[code];
    if (http in ok) continue;
    const others = byStatus[http] ? `${byStatus[http].description}, ` : '';
    byStatus[http] = { description: `${others}${code} (${problemType(code)})`, content };
  }
  return { ...byStatus, ...ok, default: { description: 'A problem, see its code', content } };
}

/** What the routes of `/v1` that take images may answer besides a result. */
export const IMAGE_PROBLEMS = [
  'IMAGE_EMPTY',
  'IMAGE_DAMAGED',
  'SIZE_NOT_AVAILABLE',
  'UNAUTHORISED',
  'FORBIDDEN',
  'MODEL_NOT_FOUND',
  'NOT_ACCEPTABLE',
  'IMAGE_TOO_LARGE',
  'TOO_MANY_PARTS',
  'IMAGE_UNRECOGNISED',
  'IMAGE_UNSUPPORTED',
  'RATE_LIMITED',
  'QUOTA_EXCEEDED',
  'WORKER_LOST',
  'MODEL_CORRUPT',
  'PREDICTION_INVALID',
  'OVERLOADED',
  'DEADLINE_EXCEEDED',
  'OUT_OF_MEMORY',
  'TOO_MANY_OPEN_FILES',
] as const satisfies ErrorCode[];

/** What a route behind a token may answer. */
export const TOKEN_PROBLEMS = ['UNAUTHORISED', 'FORBIDDEN', 'RATE_LIMITED'] as const satisfies ErrorCode[];

/** Routes that need a token say so. */
export function security({ options }: Service): { security?: Record<string, string[]>[] } {
  return options.secured ? { security: [{ token: [] }] } : {};
}
