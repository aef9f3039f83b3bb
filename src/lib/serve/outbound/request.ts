import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { OfxError, systemCode } from '../../core/errors.js';
import { OFX_VERSION } from '../../core/version.js';
import { checkUrl, isAllowedAddress, type AllowedHosts } from './allowed-hosts.js';

export interface OutboundRequest {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
  signal: AbortSignal;
}

/**
 * One request to an address that a stranger chose. The name has to be allowed, and so has the very IP address that is
 * connected to: it is looked at when the name has been resolved, so that no second answer of a name server leads elsewhere.
 * Redirects are not followed, proxies of the environment not used.
 *
 * @throws {OfxError} URL_NOT_ALLOWED; FETCH_FAILED where nothing is answered
 */
export async function requestOut(
  address: string,
  allowed: AllowedHosts,
  { method = 'GET', headers = {}, body, signal }: OutboundRequest,
): Promise<IncomingMessage> {
  const url = checkUrl(address, allowed);
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) > 0 && !isAllowedAddress(literal, allowed)) throw privateAddress(url.host);
  const options: RequestOptions = {
    method,
    headers: { 'user-agent': `ofx/${OFX_VERSION}`, ...headers },
    // A connection of its own: one that is kept was resolved for somebody else.
    agent: false,
    signal,
    lookup: (hostname, lookupOptions, callback) => {
      lookUp(hostname, lookupOptions, allowed, callback);
    },
  };
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((answered, failed) => {
    const outgoing = request(url, options, answered);
    outgoing.once('error', (error) => {
      failed(reasonOf(error, url.host, signal));
    });
    outgoing.end(body);
  });
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** As `dns.lookup`, without the addresses that may not be asked. */
function lookUp(hostname: string, options: LookupOptions, allowed: AllowedHosts, done: LookupCallback): void {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) {
      done(error, []);
      return;
    }
    const good = addresses.filter(({ address }) => isAllowedAddress(address, allowed));
    if (good.length === 0) done(privateAddress(hostname), []);
    else if (options.all) done(null, good);
    else done(null, good[0]!.address, good[0]!.family);
  });
}

function privateAddress(host: string): OfxError {
  return new OfxError('URL_NOT_ALLOWED', `${host} lies in a network that this server may not ask.`, {
    suggestion: 'Whoever runs the server can allow it.',
  });
}

/** What went wrong on the way, as one of our errors. */
export function reasonOf(error: unknown, host: string, signal: AbortSignal): OfxError {
  if (error instanceof OfxError) return error;
  if (signal.aborted) {
    const { reason } = signal as { reason: unknown };
    if (reason instanceof OfxError) return reason;
    return new OfxError('FETCH_FAILED', `${host} did not answer in time.`, { cause: error });
  }
  return new OfxError('FETCH_FAILED', `${host} cannot be asked (${systemCode(error) ?? 'unknown error'}).`, {
    cause: error,
  });
}
