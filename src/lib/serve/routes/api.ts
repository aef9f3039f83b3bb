import rateLimit from '@fastify/rate-limit';
import type { FastifyPluginAsync } from 'fastify';
import { OfxError } from '../../core/errors.js';
import { requireToken } from '../access.js';
import { REDIS_PREFIX } from '../redis.js';
import type { Service } from '../service.js';
import { allowOrigins } from '../cors.js';
import { fromThisMachine } from '../this-machine.js';
import { batchRoute } from './batch.js';
import { jobRoutes } from './jobs.js';
import { modelsRoute } from './models.js';
import { predictRoute } from './predict.js';
import { reportRoute } from './report.js';

/** Counts in the Redis that servers share. While it is away nobody is refused: a limit is no reason to answer nothing. */
function sharedRates({ redis }: Service) {
  return redis ? { redis, nameSpace: `${REDIS_PREFIX}:serve:rate:`, skipOnError: true } : {};
}

/** `/v1`: what clients use, limited in rate, behind a token where there are any. */
export function apiRoutes(service: Service): FastifyPluginAsync {
  return async (app) => {
    const { rate, ratesThisMachine, origins = [] } = service.options;
    // First: a preflight shows no token.
    await allowOrigins(app, origins);
    if (rate > 0) {
      // Before the token is looked at, so that nobody can try many.
      await app.register(rateLimit, {
        max: rate,
        timeWindow: 60_000,
        ...sharedRates(service),
        hook: 'onRequest',
        // Whoever sits at this machine waits for nobody but themselves.
        allowList: (request) => !ratesThisMachine && fromThisMachine(request),
        errorResponseBuilder: (_request, { max, ttl }) =>
          new OfxError('RATE_LIMITED', `This server takes ${max} requests a minute from one client.`, {
            suggestion: `Try again in ${Math.ceil(ttl / 1000)} s.`,
          }),
      });
    }
    app.addHook(
      'preParsing',
      requireToken(() => service.current.tokens, 'predict'),
    );
    await app.register(predictRoute(service));
    await app.register(batchRoute(service));
    await app.register(jobRoutes(service));
    await app.register(modelsRoute(service));
    await app.register(reportRoute(service));
  };
}
