import { decimals } from '../text/numbers.js';
import type { DifferenceVerdict } from './compare.js';
import type { MetricPath } from './definitions.js';

export const DIFFERENCE_WORDS: Readonly<Record<DifferenceVerdict, string>> = {
  better: 'better',
  worse: 'worse',
  unclear: 'not significant',
  few: 'too few images',
  equal: 'equal',
  none: '',
};

/** A metric's value: counts are whole, everything else has three digits. */
export function metricText(path: MetricPath, value: number | null): string {
  return value !== null && path.startsWith('counts.') ? value.toLocaleString('en') : decimals(value);
}
