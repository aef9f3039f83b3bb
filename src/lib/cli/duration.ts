import { OfxError } from '../core/errors.js';

/**
 * "30s", "500ms" or "2min" in milliseconds.
 *
 * @param flag which one it was given to, e.g. --duration
 * @throws {OfxError} USAGE
 */
export function parseDuration(text: string, flag: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d*)?)\s*(ms|s|min)$/.exec(text.trim()) ?? [];
  const factor = { ms: 1, s: 1000, min: 60_000 }[unit ?? ''];
  const ms = Number(amount) * (factor ?? Number.NaN);
  if (ms > 0) return ms;
  throw new OfxError('USAGE', `"${text}" is not a valid duration.`, {
    suggestion: `Write a number with ms, s or min, e.g. ${flag} 30s.`,
  });
}
