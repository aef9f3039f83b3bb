import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../redis.js';
import type { QuotaPeriodSpan } from './quota.js';

/** Where images are counted, by token and period. */
export interface QuotaStore {
  /**
   * Counts images where there is room for all of them.
   *
   * @param images - negative ones are given back
   * @returns what is counted now, and whether these are
   */
  add: (token: string, span: QuotaPeriodSpan, images: number, most: number) => Promise<QuotaCount>;
  used: (token: string, span: QuotaPeriodSpan) => Promise<number>;
}

export interface QuotaCount {
  used: number;
  isCounted: boolean;
}

/** Counts in this process, gone with it. */
export class MemoryQuotaStore implements QuotaStore {
  /** One period a token: the others are over. */
  readonly #counts = new Map<string, { id: string; used: number }>();

  add(token: string, { id }: QuotaPeriodSpan, images: number, most: number): Promise<QuotaCount> {
    const known = this.#counts.get(token);
    const used = known?.id === id ? known.used : 0;
    if (images > 0 && used + images > most) return Promise.resolve({ used, isCounted: false });
    const count = { id, used: Math.max(0, used + images) };
    this.#counts.set(token, count);
    return Promise.resolve({ used: count.used, isCounted: true });
  }

  used(token: string, { id }: QuotaPeriodSpan): Promise<number> {
    const known = this.#counts.get(token);
    return Promise.resolve(known?.id === id ? known.used : 0);
  }
}

/** Counts that all servers share. While Redis is out of reach each counts by itself: nobody is refused for that, and no quota is open. */
export class RedisQuotaStore implements QuotaStore {
  readonly #meanwhile = new MemoryQuotaStore();

  constructor(private readonly redis: Redis) {}

  async add(token: string, span: QuotaPeriodSpan, images: number, most: number): Promise<QuotaCount> {
    try {
      const answer = await this.redis.eval(ADD, 1, keyOf(token, span), images, most, span.endsAt);
      const [used, isCounted] = answer as [number, number];
      return { used, isCounted: isCounted === 1 };
    } catch {
      return this.#meanwhile.add(token, span, images, most);
    }
  }

  async used(token: string, span: QuotaPeriodSpan): Promise<number> {
    try {
      return Number((await this.redis.get(keyOf(token, span))) ?? 0);
    } catch {
      return this.#meanwhile.used(token, span);
    }
  }
}

function keyOf(token: string, { id }: QuotaPeriodSpan): string {
  return `${REDIS_PREFIX}:serve:quota:${token}:${id}`;
}

/** Taken as one step, so that two servers never give the last place away twice. */
const ADD = `
  local images, most = tonumber(ARGV[1]), tonumber(ARGV[2])
  local used = tonumber(redis.call('GET', KEYS[1]) or '0')
  if images > 0 and used + images > most then return { used, 0 } end
  used = math.max(0, used + images)
  redis.call('SET', KEYS[1], string.format('%d', used))
  redis.call('PEXPIREAT', KEYS[1], ARGV[3])
  return { used, 1 }`;
