import { setTimeout as sleep } from 'node:timers/promises';
import { OfxError } from '../../core/errors.js';
import { Unfit } from '../failures.js';

export interface RetryLimits {
  /** How long a storage that fails is tried again, in milliseconds. */
  forMs: number;
  /** How long it may say nothing, in milliseconds. */
  silenceMs: number;
  onRetry?: () => void;
}

export const RETRY_LIMITS: RetryLimits = { forMs: 10 * 60_000, silenceMs: 30_000 };

let retries = 0;

/** How often a storage was asked again, since this process began. */
export function storageRetries(): number {
  return retries;
}

const PAUSE = { firstMs: 100, longestMs: 10_000 } as const;

/**
 * Asks a storage until it answers. Only an answer about the object itself (that it is not there, or may not be read) is
 * thrown as it is: whatever else goes wrong is the storage's, and is tried again, with pauses that grow and differ.
 *
 * @param attempt - calls `alive` whenever something came; without it the signal aborts after the silence allowed
 * @throws {Unfit} where the storage fails for too long; the signal's reason
 */
export async function retryStorage<T>(
  what: string,
  attempt: (signal: AbortSignal, alive: () => void) => Promise<T>,
  outer: AbortSignal | undefined,
  { forMs, silenceMs, onRetry }: RetryLimits = RETRY_LIMITS,
): Promise<T> {
  const started = performance.now();
  for (let count = 0; ; count++) {
    const silence = new AbortController();
    const timer = setTimeout(() => {
      silence.abort(new Error(`nothing came for ${silenceMs / 1000} s`));
    }, silenceMs);
    try {
      return await attempt(outer ? AbortSignal.any([outer, silence.signal]) : silence.signal, () => {
        timer.refresh();
      });
    } catch (error) {
      outer?.throwIfAborted();
      if (isAnswer(error)) throw error;
      const pause = Math.min(PAUSE.longestMs, PAUSE.firstMs * 2 ** count) * (0.5 + Math.random());
      if (performance.now() - started + pause > forMs)
        throw outOfReach(what, silence.signal.reason ?? error, forMs);
      retries++;
      onRetry?.();
      await sleep(pause, undefined, outer ? { signal: outer } : {});
    } finally {
      clearTimeout(timer);
    }
  }
}

/** 4xx are about what was asked for, but for timeouts, conflicts of writers and "slow down". */
function isAnswer(error: unknown): boolean {
  if (error instanceof OfxError) return true;
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500 && ![408, 409, 425, 429].includes(status);
}

function outOfReach(what: string, cause: unknown, forMs: number): Unfit {
  return new Unfit(
    new OfxError(
      'IO_FAILED',
      `${what} could not be reached for ${forMs / 1000} s: ${(cause as Error).message}`,
      {
        suggestion: 'Check the network, the endpoint and the store; what is finished stays finished.',
        cause,
      },
    ),
  );
}

/** HTTP status of an error of the SDK. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
