import { inNumber } from '../text/plural.js';
import type { FindingCode, Findings } from './finding.js';

const READINGS = {
  'dark-truth': 'mask{|s} without white',
  'colour-truth': 'mask{|s} in colours',
  'alpha-truth': 'mask{|s} in the alpha channel',
} as const satisfies Partial<Record<FindingCode, string>>;
const WHITE = 'white on black';

/** Counts how the masks of a data set mark: one set made in several ways was put together from several. */
export class TruthConventions {
  readonly #counts = new Map<string, number>();

  /** @param codes what was found about the ground truth of a tampered image */
  add(codes: readonly FindingCode[]): void {
    if (codes.includes('empty-truth')) return;
    const code = (Object.keys(READINGS) as (keyof typeof READINGS)[]).find((one) => codes.includes(one));
    const convention = code ? READINGS[code] : WHITE;
    this.#counts.set(convention, (this.#counts.get(convention) ?? 0) + 1);
  }

  /** Notes masks of several kinds side by side. */
  examine(findings: Findings): void {
    if (this.#counts.size < 2) return;
    for (const [convention, count] of this.#counts) {
      const words = convention === WHITE ? `mask{|s} ${WHITE}` : convention;
      findings.add('mixed-truth', `${count} ${inNumber(count, words)}`);
    }
  }
}
