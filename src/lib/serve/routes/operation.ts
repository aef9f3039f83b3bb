import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { requireToken } from '../access.js';
import { answers, security, TOKEN_PROBLEMS } from '../documentation.js';
import { PROBLEM_TYPE, ProblemSchema, problemType } from '../problem.js';
import { HealthSchema, ReadinessSchema } from '../schemas.js';
import type { Service } from '../service.js';

/** What those who run the server ask: is it alive, can it take work, how is it doing. */
export function operationRoutes(service: Service): FastifyPluginCallbackTypebox {
  return (app, _options, done) => {
    const tags = ['operation'];
    const { rate } = service.options;
    // Asked every few seconds by machines: only what goes wrong is worth a line.
    const logLevel = 'warn';
    app.get(
      '/healthz',
      {
        logLevel,
        schema: { tags, operationId: 'health', summary: 'Alive', response: answers({ 200: HealthSchema }) },
      },
      () => ({ status: 'alive' as const }),
    );
    app.get(
      '/readyz',
      {
        logLevel,
        schema: {
          tags,
          operationId: 'readiness',
          summary: 'Ready for an image: the model is loaded and there is a place',
          response: answers({
            200: ReadinessSchema,
            503: {
              description: `No image, please. While it is being stopped: STOPPING (${problemType('STOPPING')})`,
              content: {
                'application/json': { schema: ReadinessSchema },
                [PROBLEM_TYPE]: { schema: ProblemSchema },
              },
            },
          }),
        },
      },
      async (_request, reply) => {
        const { pool } = service.current;
        const { running, waiting, ready, failure } = pool.state;
        const workers = { ready, wanted: pool.wanted };
        // One that is being replaced or restarted is nothing to worry about.
        const takesImages = failure && ready < pool.wanted ? 'degraded' : 'ready';
        const status = ready === 0 ? 'loading' : pool.full ? 'full' : takesImages;
        void reply.code(status === 'loading' || status === 'full' ? 503 : 200);
        return { status, running, waiting, workers, modelChanged: await service.lookForChanges() } as const;
      },
    );
    app.get(
      '/metrics',
      {
        logLevel,
        // Whoever has a token may scrape as often as they like.
        preParsing: requireToken(() => service.current.tokens, 'metrics', rate > 0 ? rate : Infinity),
        schema: {
          tags,
          operationId: 'metrics',
          summary: 'Metrics for Prometheus',
          response: answers(
            {
              200: {
                description: 'Text exposition format',
                content: { 'text/plain': { schema: Type.String() } },
              },
            },
            TOKEN_PROBLEMS,
          ),
          ...security(service),
        },
      },
      async (_request, reply) => {
        const { registry } = service.metrics;
        return reply.type(registry.contentType).send(await registry.metrics());
      },
    );
    done();
  };
}
