import { createHash, timingSafeEqual } from 'node:crypto';
import type { preParsingAsyncHookHandler } from 'fastify';
import { OfxError, systemCode } from '../core/errors.js';
import { readText } from '../files/read-text.js';

/** A token that can be guessed is none. */
const SHORTEST_TOKEN = 16;

/**
 * Bearer tokens of a file, one a line; empty lines and lines that begin with `#` are left out.
 *
 * @throws {OfxError} INPUT_MISSING, INPUT_UNREADABLE; USAGE where there is no token, or one that is too short
 */
export async function readTokens(file: string): Promise<string[]> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    const code = systemCode(error) ?? 'unknown error';
    throw new OfxError(
      code === 'ENOENT' ? 'INPUT_MISSING' : 'INPUT_UNREADABLE',
      `Cannot read the token file ${file} (${code}).`,
      { suggestion: 'Check the path given by --token-file.', cause: error },
    );
  }
  const tokens = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const suggestion = 'Make one with: openssl rand -hex 32';
  if (tokens.length === 0) throw new OfxError('USAGE', `There is no token in ${file}.`, { suggestion });
  if (tokens.some((token) => token.length < SHORTEST_TOKEN)) {
    throw new OfxError('USAGE', `A token in ${file} has less than ${SHORTEST_TOKEN} characters.`, {
      suggestion,
    });
  }
  return tokens;
}

/** Tells whether an `Authorization` header shows one of the tokens, in a time that tells nothing about them. */
export function tokenCheck(tokens: readonly string[]): (authorization: string | undefined) => boolean {
  // Hashes have one length, as `timingSafeEqual` needs, so that not even a token's length shows.
  const digests = tokens.map(sha256);
  return (authorization = '') => {
    const shown = sha256(/^bearer +(.+)$/i.exec(authorization)?.[1] ?? '');
    // Every token is looked at, whichever fits.
    return digests.map((digest) => timingSafeEqual(digest, shown)).includes(true);
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * A hook that lets nobody through without one of the tokens; everybody, where there are none.
 *
 * @param mostGuesses - who shows so many wrong tokens within a minute has to wait, even with a right one [no limit]
 */
export function requireToken(tokens: readonly string[], mostGuesses = Infinity): preParsingAsyncHookHandler {
  const isKnown = tokenCheck(tokens);
  const guesses = new Guesses(mostGuesses);
  return async ({ headers, ip }, reply, payload) => {
    if (tokens.length === 0) return payload;
    const seconds = guesses.secondsToWait(ip);
    if (seconds > 0) {
      reply.header('retry-after', String(seconds));
      throw new OfxError('RATE_LIMITED', 'There were too many wrong tokens from this client.', {
        suggestion: `Try again in ${seconds} s.`,
      });
    }
    if (!isKnown(headers.authorization)) {
      guesses.add(ip);
      throw new OfxError('UNAUTHORISED', 'This server wants a bearer token that it knows.', {
        suggestion: 'Send it as "Authorization: Bearer TOKEN".',
      });
    }
    return payload;
  };
}

/** Wrong tokens by client. */
class Guesses {
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
