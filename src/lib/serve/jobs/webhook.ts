import { createHmac } from 'node:crypto';
import { OfxError } from '../../core/errors.js';
import { readNamedText } from '../../files/read-text.js';
import type { AllowedHosts } from '../outbound/allowed-hosts.js';
import { requestOut } from '../outbound/request.js';

const PREFIX = 'whsec_';
const SHORTEST_KEY = 24;

/** A receiver has so long to answer, in milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * Keys that sign webhooks, from a file: a line each, `whsec_` and Base64. With several, each signs, so that one can be
 * replaced while receivers still know the other.
 *
 * @throws {OfxError} INPUT_MISSING, INPUT_UNREADABLE, USAGE
 */
export async function readWebhookKeys(file: string): Promise<Buffer[]> {
  const text = await readNamedText(
    file,
    'the file of webhook keys',
    'Check the path given by --webhook-key-file.',
  );
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const keys = lines.map((line) =>
    Buffer.from(line.startsWith(PREFIX) ? line.slice(PREFIX.length) : '', 'base64'),
  );
  if (keys.length === 0 || keys.some(({ length }) => length < SHORTEST_KEY)) {
    throw new OfxError('USAGE', `${file} has no valid webhook keys.`, {
      suggestion: 'Make one with: echo "whsec_$(openssl rand -base64 32)"',
    });
  }
  return keys;
}

/**
 * Headers of a message after the specification of Standard Webhooks (standardwebhooks.com), version 1.0: HMAC-SHA256 of
 * `id.timestamp.body` by each key.
 *
 * @param id - the same in every attempt, so that receivers can tell what they have had
 */
export function signWebhook(
  id: string,
  body: string,
  keys: readonly Buffer[],
  now = Date.now(),
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const signatures = keys.map((key) =>
    createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64'),
  );
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.map((signature) => `v1,${signature}`).join(' '),
  };
}

/**
 * Tells an address once.
 *
 * @throws {OfxError} URL_NOT_ALLOWED; FETCH_FAILED where it does not answer with a 2xx
 */
export async function sendWebhook(
  address: string,
  id: string,
  body: string,
  keys: readonly Buffer[],
  allowed: AllowedHosts,
): Promise<void> {
  const answer = await requestOut(address, allowed, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      ...signWebhook(id, body, keys),
    },
    body,
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const { statusCode = 0 } = answer;
  answer.destroy();
  if (statusCode < 200 || statusCode > 299) {
    throw new OfxError('FETCH_FAILED', `The receiver answered with the status ${statusCode}.`);
  }
}
