import type { Findings } from './finding.js';

/** Finds images with the same content, and labels that contradict one another on it. */
export class Duplicates {
  readonly #first = new Map<string, { image: string; label: number }>();

  /** @returns whether an earlier image has this content */
  add(image: string, label: number, sha256: string, findings: Findings): 'new' | 'same' | 'contradicting' {
    const first = this.#first.get(sha256);
    if (!first) {
      this.#first.set(sha256, { image, label });
      return 'new';
    }
    const isSame = first.label === label;
    findings.add(isSame ? 'duplicate-image' : 'contradicting-labels', `${image} = ${first.image}`);
    return isSame ? 'same' : 'contradicting';
  }
}
