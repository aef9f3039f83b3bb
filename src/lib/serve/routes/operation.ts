import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import { requireToken } from '../access.js';
import { answers, security } from '../documentation.js';
import { HealthSchema, ReadinessSchema } from '../schemas.js';
import type { Service } from '../service.js';

/** What those who run the server ask: is it alive, can it take work, how is it doing. */
export function operationRoutes(service: Service): FastifyPluginCallbackTypebox {
  return (app, _options, done) => {
    const tags = ['operation'];
    const { tokens, rate } = service.options;
    // Asked every few seconds by machines: only what goes wrong is worth a line.
    const logLevel = 'warn';
    app.get(
      '/healthz',
      { logLevel, schema: { tags, summary: 'Alive', response: answers({ 200: HealthSchema }) } },
      () => ({ status: 'alive' as const }),
    );
    app.get(
      '/readyz',
      {
        logLevel,
        schema: {
          tags,
          summary: 'Ready for an image: the model is loaded and there is a place',
          response: answers({ 200: ReadinessSchema, 503: ReadinessSchema }),
        },
      },
      (request, reply) => {
        const { running, waiting, ready, failure } = service.pool.state;
        // Nobody else may have asked since then, and this would be nowhere in the log.
        if (ready === 0 && failure) request.log.error({ code: failure.code, err: failure }, failure.message);
        const status = ready === 0 ? 'loading' : service.pool.full ? 'full' : 'ready';
        void reply.code(status === 'ready' ? 200 : 503);
        return { status, running, waiting } as const;
      },
    );
    app.get(
      '/metrics',
      {
        logLevel,
        // Whoever has a token may scrape as often as they like.
        preParsing: requireToken(tokens, rate > 0 ? rate : Infinity),
        schema: {
          tags,
          summary: 'Metrics for Prometheus',
          response: answers({
            200: {
              description: 'Text exposition format',
              content: { 'text/plain': { schema: Type.String() } },
            },
          }),
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
