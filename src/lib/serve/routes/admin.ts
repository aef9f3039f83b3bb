import type { FastifyPluginCallbackTypebox } from '@fastify/type-provider-typebox';
import { OfxError } from '../../core/errors.js';
import { requireToken } from '../access.js';
import { answers, security, TOKEN_PROBLEMS } from '../documentation.js';
import { ReloadAnswerSchema } from '../schemas.js';
import type { Service } from '../service.js';

/** `/admin`: for those who run the server, and show a token of that scope. There is nothing here without tokens. */
export function adminRoutes(service: Service): FastifyPluginCallbackTypebox {
  return (app, _options, done) => {
    const { rate } = service.options;
    app.addHook('onRequest', (_request, _reply, next) => {
      if (service.current.tokens.some(({ scopes }) => scopes.includes('admin'))) next();
      else
        next(
          new OfxError(
            'ROUTE_NOT_FOUND',
            'There is nothing at this address: no token has the scope "admin".',
          ),
        );
    });
    app.addHook(
      'preParsing',
      requireToken(() => service.current.tokens, 'admin', rate > 0 ? rate : Infinity),
    );
    app.post(
      '/reload',
      {
        schema: {
          tags: ['operation'],
          operationId: 'reload',
          summary: 'Loads model, thresholds and tokens again',
          description:
            'New workers load them, and take over once all are ready; no request fails. Where something cannot be loaded, ' +
            'what was in service stays, and the answer says why.',
          response: answers({ 200: ReloadAnswerSchema }, [
            ...TOKEN_PROBLEMS,
            'ROUTE_NOT_FOUND',
            'RELOAD_FAILED',
          ]),
          ...security(service),
        },
      },
      () => service.reload(),
    );
    done();
  };
}
