import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { answers, security, TOKEN_PROBLEMS } from '../documentation.js';
import { ModelsAnswerSchema } from '../schemas.js';
import type { Service } from '../service.js';

export function modelsRoute(service: Service): FastifyPluginCallbackTypebox {
  return (app, _options, done) => {
    app.get(
      '/models',
      {
        schema: {
          tags: ['prediction'],
          operationId: 'listModels',
          summary: 'The models that a request can name',
          response: answers({ 200: ModelsAnswerSchema }, TOKEN_PROBLEMS),
          ...security(service),
        },
      },
      () => ({ models: service.current.networks.served }),
    );
    done();
  };
}
