import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { OfxError } from '../core/errors.js';
import { QUOTA_HEADERS } from './quotas/quotas.js';

/** How long a browser need not ask again, in seconds. */
const PREFLIGHT_SECONDS = 600;

/**
 * Origins of web pages as people give them.
 *
 * @throws {OfxError} USAGE
 */
export function parseOrigins(text: string | undefined): string[] {
  const origins = (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  const bad = origins.find(
    (origin) => !/^https?:/.test(origin) || !URL.canParse(origin) || new URL(origin).origin !== origin,
  );
  if (bad === undefined) return origins;
  throw new OfxError('USAGE', `"${bad}" is not a valid origin.`, {
    suggestion:
      'Origins have a scheme, a host and no path, separated by commas: https://app.example.org,http://localhost:3000',
  });
}

/** Lets pages of these origins use the routes of an app; those of other origins get no header that would allow it. */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'x-request-id', 'traceparent'],
    exposedHeaders: [
      'location',
      'retry-after',
      'x-request-id',
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      ...QUOTA_HEADERS,
    ],
    maxAge: PREFLIGHT_SECONDS,
  });
}
