import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest, preParsingAsyncHookHandler } from 'fastify';
import { OfxError } from '../core/errors.js';
import { readNamedText } from '../files/read-text.js';
import { parseQuota, QUOTA_PERIODS, type Quota } from './quotas/quota.js';

/** What a token is good for: images, `/metrics`, `/admin`. */
export const SCOPES = ['predict', 'metrics', 'admin'] as const;
export type TokenScope = (typeof SCOPES)[number];

export interface Token {
  /** Named in the log and in metrics; the line of its file where it has no name. */
  name: string;
  scopes: readonly TokenScope[];
  /** SHA-256 of the token. */
  digest: Buffer;
  /** Images that it may send; without, as many as it likes. */
  quota?: Quota;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The one that the request showed. */
    token?: Token;
  }
}

/** A token that can be guessed is none. */
const SHORTEST_TOKEN = 16;
const SUGGESTION = 'Make one with: openssl rand -hex 32';

/**
 * Bearer tokens of a file, see {@link parseTokens}.
 *
 * @throws {OfxError} INPUT_MISSING, INPUT_UNREADABLE; USAGE where there is no token, or an invalid line
 */
export async function readTokens(file: string): Promise<Token[]> {
  const text = await readNamedText(file, 'the token file', 'Check the path given by --token-file.');
  return parseTokens(text, file);
}

/**
 * A token a line, `TOKEN` or `NAME SCOPES TOKEN [quota=IMAGES/PERIOD]`: the token itself, or `sha256:` and its SHA-256 in hexadecimal.
 * Scopes are separated by commas; a token without a name is good for `predict` and `metrics`. Empty lines and lines that begin with `#`
 * are left out.
 *
 * @param file - what messages call the text
 * @throws {OfxError} USAGE where there is no token, or an invalid line
 */
export function parseTokens(text: string, file: string): Token[] {
  const tokens = text
    .split('\n')
    .map((line, index) => ({ line: line.trim(), where: `line ${index + 1} of ${file}` }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
    .map(({ line, where }) => parseToken(line.split(/\s+/), where));
  if (tokens.length === 0) {
    throw new OfxError('USAGE', `There is no token in ${file}.`, { suggestion: SUGGESTION });
  }
  const twice = tokens.find(({ name }, index) => tokens.findIndex((other) => other.name === name) !== index);
  if (twice) throw new OfxError('USAGE', `Two tokens in ${file} are named "${twice.name}".`);
  return tokens;
}

function parseToken(words: string[], where: string): Token {
  if (words.length === 1)
    return { name: where, scopes: ['predict', 'metrics'], digest: digestOf(words[0]!, where) };
  const [name, list, token, said, ...rest] = words;
  const scopes = list!.split(',');
  const isScope = (scope: string): scope is TokenScope => (SCOPES as readonly string[]).includes(scope);
  if (token === undefined || rest.length > 0 || !scopes.every(isScope)) {
    throw new OfxError('USAGE', `Invalid token in ${where}.`, {
      suggestion: `A line is "TOKEN", or "NAME SCOPES TOKEN" with scopes of: ${SCOPES.join(',')}; behind it a quota may stand, as "quota=1000/day".`,
    });
  }
  const quota = said === undefined ? undefined : quotaOf(said, where);
  return { name: name!, scopes, digest: digestOf(token, where), ...(quota && { quota }) };
}

function quotaOf(said: string, where: string): Quota {
  const quota = said.startsWith('quota=') ? parseQuota(said.slice('quota='.length)) : undefined;
  if (quota) return quota;
  throw new OfxError('USAGE', `Invalid quota in ${where}: "${said}".`, {
    suggestion: `It counts images by ${QUOTA_PERIODS.join(', ')}: quota=1000/day`,
  });
}

function digestOf(token: string, where: string): Buffer {
  if (token.startsWith('sha256:')) {
    const hex = token.slice('sha256:'.length);
    if (/^[0-9a-f]{64}$/i.test(hex)) return Buffer.from(hex, 'hex');
    throw new OfxError('USAGE', `The hash in ${where} is not a SHA-256 in hexadecimal.`, {
      suggestion: "Make it with: printf '%s' TOKEN | sha256sum",
    });
  }
  if (token.length >= SHORTEST_TOKEN) return sha256(token);
  throw new OfxError('USAGE', `The token in ${where} has less than ${SHORTEST_TOKEN} characters.`, {
    suggestion: SUGGESTION,
  });
}

/** The token that an `Authorization` header shows, found in a time that tells nothing about them. */
export function findToken(tokens: readonly Token[], authorization = ''): Token | undefined {
  // Hashes have one length, as `timingSafeEqual` needs, so that not even a token's length shows.
  const shown = sha256(/^bearer +(.+)$/i.exec(authorization)?.[1] ?? '');
  // Every token is looked at, whichever fits.
  return tokens.filter(({ digest }) => timingSafeEqual(digest, shown))[0];
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * A hook that lets nobody through without a token of the scope; everybody, where there are no tokens.
 *
 * @param tokens - asked for with every request: a reload may change them
 * @param maxAttempts - who shows so many wrong tokens within a minute has to wait, even with a right one [no limit]
 */
export function requireToken(
  tokens: () => readonly Token[],
  scope: TokenScope,
  maxAttempts = Infinity,
): preParsingAsyncHookHandler {
  const attempts = new FailedAttempts(maxAttempts);
  return async (request, reply, payload) => {
    const { headers, ip } = request;
    if (tokens().length === 0) return payload;
    const seconds = attempts.secondsToWait(ip);
    if (seconds > 0) {
      reply.header('retry-after', String(seconds));
      throw new OfxError('RATE_LIMITED', 'There were too many wrong tokens from this client.', {
        suggestion: `Try again in ${seconds} s.`,
      });
    }
    const token = findToken(tokens(), headers.authorization);
    if (!token) {
      attempts.add(ip);
      throw new OfxError('UNAUTHORISED', 'This server wants a bearer token that it knows.', {
        suggestion: 'Send it as "Authorization: Bearer TOKEN".',
      });
    }
    keepToken(request, token);
    if (!token.scopes.includes(scope)) {
      throw new OfxError('FORBIDDEN', `This token is not good for "${scope}".`, {
        suggestion: `It is good for: ${token.scopes.join(', ')}.`,
      });
    }
    return payload;
  };
}

function keepToken(request: FastifyRequest, token: Token): void {
  request.token = token;
}

/** Wrong tokens by client. */
class FailedAttempts {
  readonly #clients = new Map<string, { count: number; until: number }>();

  constructor(private readonly most: number) {}

  /** @returns 0 for who may try */
  secondsToWait(client: string): number {
    const { count, until } = this.#clients.get(client) ?? { count: 0, until: 0 };
    return count < this.most ? 0 : Math.max(0, Math.ceil((until - performance.now()) / 1000));
  }

  add(client: string): void {
    const now = performance.now();
    const known = this.#clients.get(client);
    if (known && known.until > now) {
      known.count++;
      return;
    }
    this.#clients.delete(client);
    // The oldest makes room: nobody can fill our memory with addresses.
    if (this.#clients.size >= MOST_CLIENTS) this.#clients.delete(this.#clients.keys().next().value!);
    this.#clients.set(client, { count: 1, until: now + WINDOW_MS });
  }
}

const WINDOW_MS = 60_000;
const MOST_CLIENTS = 5000;
