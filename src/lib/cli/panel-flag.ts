import { Flags } from './oclif.js';
import { OfxError } from '../core/errors.js';

/** `all`, `none`, or `worst:N`. */
export const panelFlag = Flags.custom<'all' | 'none' | { worst: number }>({
  helpValue: 'all|none|worst:N',
  default: 'all',
  parse: (text) => {
    if (text === 'all' || text === 'none') return Promise.resolve(text);
    const worst = Number(/^worst:(\d+)$/.exec(text)?.[1]);
    if (worst > 0) return Promise.resolve({ worst });
    throw new OfxError('USAGE', `--panels takes all, none or worst:N, not "${text}".`, {
      suggestion: 'For example: --panels worst:20',
    });
  },
});
