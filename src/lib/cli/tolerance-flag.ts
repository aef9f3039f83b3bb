import { Flags } from './oclif.js';
import { OfxError } from '../core/errors.js';

export const toleranceFlag = Flags.custom<number>({
  description: 'Largest difference from PyTorch in float64 that is always allowed [default: 1e-5]',
  helpValue: 'NUMBER',
  parse: (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return Promise.resolve(value);
    throw new OfxError('USAGE', `--tolerance takes a number from 0 up, not "${text}".`, {
      suggestion: 'For example: --tolerance 2e-5',
    });
  },
})();
