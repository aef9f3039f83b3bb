import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { OfxError } from '../../core/errors.js';
import type { Token } from '../access.js';
import { spanOf, type Quota } from './quota.js';
import { MemoryQuotaStore, RedisQuotaStore, type QuotaStore } from './store.js';

/** What is left of a quota, as every answer that costs images tells. */
export const QUOTA_HEADERS = ['x-quota-limit', 'x-quota-remaining', 'x-quota-reset'] as const;

/** How a quota stands, for metrics. */
export interface QuotaState {
  token: string;
  quota: Quota;
  used: number;
}

/** The images that tokens with a quota may still send. Others send as many as they like. */
export class Quotas {
  readonly #store: QuotaStore;

  /** @param redis - where servers count together; without, each process counts by itself */
  constructor(
    redis: Redis | undefined,
    private readonly now: () => number = Date.now,
  ) {
    this.#store = redis ? new RedisQuotaStore(redis) : new MemoryQuotaStore();
  }

  /**
   * Does what costs images. What fails by our fault costs none.
   *
   * @param work - is given how to give back those of its images that failed by our fault
   * @throws {OfxError} QUOTA_EXCEEDED, before any work; as `work`
   */
  async spend<T>(
    { token }: FastifyRequest,
    reply: FastifyReply,
    images: number,
    work: (giveBack: (images: number) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    if (!token?.quota) return work(() => Promise.resolve());
    const { name, quota } = token;
    const span = spanOf(quota.period, this.now());
    const tell = (used: number): void => {
      const left = Math.max(0, quota.images - used);
      const numbers = [quota.images, left, Math.ceil((span.endsAt - this.now()) / 1000)];
      QUOTA_HEADERS.forEach((header, index) => void reply.header(header, String(numbers[index])));
    };
    const { used, isCounted } = await this.#store.add(name, span, images, quota.images);
    tell(used);
    if (!isCounted) {
      void reply.header('retry-after', String(Math.ceil((span.endsAt - this.now()) / 1000)));
      throw exceeded(quota, used, images, span.endsAt);
    }
    const giveBack = async (failed: number): Promise<void> => {
      if (failed > 0) tell((await this.#store.add(name, span, -failed, quota.images)).used);
    };
    try {
      return await work(giveBack);
    } catch (error) {
      if (!(error instanceof OfxError) || error.httpStatus >= 500) await giveBack(images);
      throw error;
    }
  }

  async states(tokens: readonly Token[]): Promise<QuotaState[]> {
    const now = this.now();
    const states = tokens.map(async ({ name, quota }) =>
      quota ? [{ token: name, quota, used: await this.#store.used(name, spanOf(quota.period, now)) }] : [],
    );
    return (await Promise.all(states)).flat();
  }
}

function exceeded({ images: most, period }: Quota, used: number, images: number, endsAt: number): OfxError {
  const left = Math.max(0, most - used);
  return new OfxError(
    'QUOTA_EXCEEDED',
    `The quota of this token is ${most} images per ${period}: ${left} are left, and this request has ${images}.`,
    {
      suggestion: `Send fewer images, try again after ${new Date(endsAt).toISOString()}, or ask whoever runs this server for a larger quota.`,
    },
  );
}
