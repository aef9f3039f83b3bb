import { parseAllowedHosts } from '../outbound/allowed-hosts.js';
import type { JobSettings } from './settings.js';
import { readWebhookKeys } from './webhook.js';

/** Settings of jobs as the command line gives them. */
export interface GivenJobSettings {
  jobs: number;
  'job-bytes': number;
  /** In seconds. */
  'job-expiry': number;
  'job-hosts'?: string | undefined;
  'webhook-hosts'?: string | undefined;
  'webhook-key-file'?: string | undefined;
  'private-networks'?: string | undefined;
}

/** @throws {OfxError} USAGE, and as `readWebhookKeys` */
export async function readJobSettings(given: GivenJobSettings): Promise<Partial<JobSettings>> {
  const networks = given['private-networks'];
  const keyFile = given['webhook-key-file'];
  return {
    most: given.jobs,
    mostBytes: given['job-bytes'],
    expiryMs: given['job-expiry'] * 1000,
    imageHosts: parseAllowedHosts(given['job-hosts'], networks),
    webhookHosts: parseAllowedHosts(given['webhook-hosts'], networks),
    webhookKeys: keyFile === undefined ? [] : await readWebhookKeys(keyFile),
  };
}
