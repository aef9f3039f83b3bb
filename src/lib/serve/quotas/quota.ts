export const QUOTA_PERIODS = ['hour', 'day', 'month'] as const;
export type QuotaPeriod = (typeof QUOTA_PERIODS)[number];

/** How many images a token may send in each period of the calendar, in UTC. */
export interface Quota {
  images: number;
  period: QuotaPeriod;
}

/** One period of a token, in which its images are counted. */
export interface QuotaPeriodSpan {
  /** Differs from that of every other period: `2026-11-25` is a day. */
  id: string;
  /** When the next one begins, in milliseconds since 1970. */
  endsAt: number;
}

/** @returns undefined for what is no quota, as `1000/day` is one */
export function parseQuota(text: string): Quota | undefined {
  const [, images, period] = /^(\d{1,12})\/([a-z]+)$/.exec(text) ?? [];
  const isPeriod = (word = ''): word is QuotaPeriod => (QUOTA_PERIODS as readonly string[]).includes(word);
  return isPeriod(period) ? { images: Number(images), period } : undefined;
}

export function spanOf(period: QuotaPeriod, now: number): QuotaPeriodSpan {
  const date = new Date(now);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const iso = date.toISOString();
  switch (period) {
    case 'hour':
      return { id: iso.slice(0, 13), endsAt: Date.UTC(year, month, day, date.getUTCHours() + 1) };
    case 'day':
      return { id: iso.slice(0, 10), endsAt: Date.UTC(year, month, day + 1) };
    case 'month':
      return { id: iso.slice(0, 7), endsAt: Date.UTC(year, month + 1) };
  }
}
