import type { RunSummary } from '../run/summary.js';
import { decimals } from '../text/numbers.js';

const ANSWERS: Readonly<Record<NonNullable<RunSummary['baselines']>[number]['answer'], string>> = {
  all: 'marking everything',
  none: 'marking nothing',
  'largest-class': 'always the commoner class',
  chance: 'chance',
};

/** "marking everything: 0.154, marking nothing: 0.000"; empty where a number has no baseline. */
export function baselineText(path: string, { baselines = [] }: Pick<RunSummary, 'baselines'>): string {
  return baselines
    .filter((baseline) => baseline.path === path)
    .map(({ answer, value }) => `${ANSWERS[answer]}: ${decimals(value)}`)
    .join(', ');
}
