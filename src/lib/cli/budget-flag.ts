import { OfxError } from '../core/errors.js';
import { Flags } from './oclif.js';

const OPPOSITE: Readonly<Record<string, string>> = { '<=': '>', '<': '>=', '>=': '<', '>': '<=' };

/** `--budget` said what must hold; `--fail-on` says what must not, in every command. Whoever writes the old is shown the new. */
export const budgetFlag = Flags.string({
  hidden: true,
  parse: (text) => Promise.reject(replaced(text)),
});

/** The error of the old form, with the new form of the same conditions. */
export function replaced(text: string): OfxError {
  const conditions = text
    .split(',')
    .map((condition) => /^\s*([\w.]+)(?:@(\d+))?\s*(<=|>=|<|>)\s*(\S+)\s*$/.exec(condition))
    .map((match) => {
      if (!match) return undefined;
      const [, metric, concurrency, operator, limit] = match;
      const filter = concurrency === undefined ? '' : `[concurrency=${concurrency}]`;
      return `--fail-on "${metric!}${filter} ${OPPOSITE[operator!]!} ${limit!}"`;
    });
  const known = conditions.every((condition) => condition !== undefined);
  const form =
    text.trim() === 'none'
      ? '--fail-on none'
      : known
        ? conditions.join(' ')
        : '--fail-on "p95 > 500ms" --fail-on "rss > 2GB"';
  return new OfxError('USAGE', '--budget is replaced by --fail-on, which says what must not be.', {
    suggestion: `Write ${form}.`,
  });
}
