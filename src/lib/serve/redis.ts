import type { Redis } from 'ioredis';
import { OfxError } from '../core/errors.js';
import { loadOptional } from '../core/optional.js';
import { withoutPassword } from '../text/url.js';
import type { Log } from './log.js';

/** One hash slot of a cluster holds all that the servers share. */
export const REDIS_PREFIX = '{ofx}';

/** How long a request waits for Redis, in milliseconds. */
const PATIENCE_MS = 2000;

/** How long a Redis has to answer at the start, in milliseconds. */
const FIRST_PATIENCE_MS = 10_000;

const LONGEST_RETRY_MS = 2000;

/**
 * Connects with the Redis that several servers share. Once it was there, the connection is made again whenever it breaks;
 * what is asked meanwhile fails soon.
 *
 * @throws {OfxError} USAGE for another URL, PACKAGE_MISSING, QUEUE_UNAVAILABLE where nobody answers
 */
export async function connectRedis(url: string, log: Log): Promise<Redis> {
  if (!/^rediss?:\/\//.test(url)) {
    throw new OfxError('USAGE', `--redis takes redis://… or rediss://…, not "${withoutPassword(url)}".`, {
      suggestion: 'For example: --redis redis://localhost:6379',
    });
  }
  const { Redis } = await loadOptional('redis', async () => {
    const [redis] = await Promise.all([import('ioredis'), import('bullmq')]);
    return redis;
  });
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    maxRetriesPerRequest: 1,
    retryStrategy: (times) => Math.min(LONGEST_RETRY_MS, 50 * 2 ** times),
  });
  let isOut = false;
  redis.on('error', (error: Error) => {
    // Once, not with every attempt.
    if (!isOut)
      log.error({ code: 'QUEUE_UNAVAILABLE', err: error }, `${withoutPassword(url)} is out of reach.`);
    isOut = true;
  });
  redis.on('ready', () => {
    if (isOut) log.info(`${withoutPassword(url)} answers again.`);
    isOut = false;
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('it does not answer'));
    }, FIRST_PATIENCE_MS);
  });
  try {
    await Promise.race([redis.connect().then(() => redis.ping()), late]);
    return redis;
  } catch (error) {
    redis.disconnect();
    throw unavailable(url, error);
  } finally {
    clearTimeout(timer);
  }
}

function unavailable(url: string, cause: unknown): OfxError {
  const why = (cause as { code?: string }).code ?? (cause as Error).message;
  return new OfxError('QUEUE_UNAVAILABLE', `${withoutPassword(url)} is out of reach (${why}).`, {
    suggestion: 'Start it, or check the address and the password.',
    cause,
  });
}
