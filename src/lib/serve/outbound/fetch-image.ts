import type { IncomingMessage } from 'node:http';
import { OfxError } from '../../core/errors.js';
import type { AllowedHosts } from './allowed-hosts.js';
import { reasonOf, requestOut } from './request.js';

/** Redirects that are followed, each to a host that is allowed. */
const MOST_REDIRECTS = 3;

export interface FetchLimits {
  maxBytes: number;
  timeoutMs: number;
}

/**
 * An image from an address that a client named.
 *
 * @throws {OfxError} URL_NOT_ALLOWED, FETCH_FAILED, IMAGE_TOO_LARGE; the signal's reason
 */
export async function fetchImage(
  address: string,
  allowed: AllowedHosts,
  { maxBytes, timeoutMs }: FetchLimits,
  given: AbortSignal,
): Promise<Uint8Array> {
  // Of all redirects together, and to the last byte: one that drips is no way to keep us busy.
  const signal = AbortSignal.any([given, AbortSignal.timeout(timeoutMs)]);
  let next = address;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const answer = await requestOut(next, allowed, {
      headers: { accept: 'image/*', 'accept-encoding': 'identity' },
      signal,
    });
    const { statusCode = 0, headers } = answer;
    if (statusCode === 200) return await readBody(answer, maxBytes, new URL(next).host, signal);
    answer.destroy();
    if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) {
      throw new OfxError('FETCH_FAILED', `${new URL(next).host} answered with the status ${statusCode}.`);
    }
    next = resolved(headers.location, next);
  }
  throw new OfxError('FETCH_FAILED', `The address leads to more than ${MOST_REDIRECTS} redirects.`);
}

function resolved(location: string, base: string): string {
  try {
    return new URL(location, base).href;
  } catch {
    throw new OfxError('FETCH_FAILED', `${new URL(base).host} redirects to what is not a valid URL.`);
  }
}

async function readBody(
  answer: IncomingMessage,
  maxBytes: number,
  host: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  try {
    const { 'content-length': length, 'content-encoding': encoding = 'identity' } = answer.headers;
    if (Number(length) > maxBytes) throw tooLarge(maxBytes);
    if (encoding !== 'identity') {
      throw new OfxError('FETCH_FAILED', `${host} answered compressed (${encoding.slice(0, 20)}), unasked.`);
    }
    const chunks: Buffer[] = [];
    let total = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw reasonOf(error, host, signal);
  } finally {
    answer.destroy();
  }
}

function tooLarge(maxBytes: number): OfxError {
  return new OfxError('IMAGE_TOO_LARGE', `What the address gives is larger than ${maxBytes} bytes.`);
}
