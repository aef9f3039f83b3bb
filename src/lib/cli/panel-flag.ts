import { Flags } from './oclif.js';
import { OfxError } from '../core/errors.js';

/** `auto`, `all`, `none`, or `worst:N`. */
export const panelFlag = Flags.custom<'auto' | 'all' | 'none' | { worst: number }>({
  helpValue: 'auto|all|none|worst:N',
  default: 'auto',
  parse: (text) => {
    if (text === 'auto' || text === 'all' || text === 'none') return Promise.resolve(text);
    const worst = Number(/^worst:(\d+)$/.exec(text)?.[1]);
    if (worst > 0) return Promise.resolve({ worst });
    throw new OfxError('USAGE', `--panels takes auto, all, none or worst:N, not "${text}".`, {
      suggestion: 'For example: --panels worst:20',
    });
  },
});
