import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { OFX_VERSION } from '../core/version.js';
import { PROBLEM_TYPE, ProblemSchema } from './problem.js';
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
        { name: 'operation', description: 'For those who run the server' },
      ],
      ...(secured && {
        components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      }),
    },
    convertConstToEnum: false,
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

/** Answers of a route: its own, and a problem for everything else. */
export function answers(ok: Record<number, unknown>): Record<string, unknown> {
  return {
    ...ok,
    default: {
      description: 'A problem, see its code',
      content: { [PROBLEM_TYPE]: { schema: ProblemSchema } },
    },
  };
}

/** Routes that need a token say so. */
export function security({ options }: Service): { security?: Record<string, string[]>[] } {
  return options.secured ? { security: [{ token: [] }] } : {};
}
