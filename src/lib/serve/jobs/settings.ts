import type { AllowedHosts } from '../outbound/allowed-hosts.js';

export interface JobSettings {
  /** Jobs that may wait or run at once; the next one is refused. */
  most: number;
  /** Bytes of images that jobs may keep until they have been looked at. */
  mostBytes: number;
  /** How long an ended job and its results can be had, in milliseconds. */
  expiryMs: number;
  /** Where images may be fetched from. */
  imageHosts: AllowedHosts;
  /** Where the end of a job may be told. */
  webhookHosts: AllowedHosts;
  /** Sign what is told to webhooks, see `signWebhook`; with none there are no webhooks. */
  webhookKeys: readonly Buffer[];
  /** Before the second attempt at a webhook, in milliseconds; doubled with each. */
  webhookRetryMs: number;
}

export const JOB_DEFAULTS = {
  most: 100,
  mostBytes: 500_000_000,
  expiryMs: 3_600_000,
  webhookRetryMs: 2000,
} as const;

/** Images of one job. */
export const LARGEST_JOB = 64;

/** Attempts at a webhook, the first included. */
export const WEBHOOK_ATTEMPTS = 8;

/** How often the work on a job may be begun: one that takes the whole server along each time is given up. */
export const MOST_STARTS = 5;
