import type { SkipReason } from '../inputs/find-images.js';
import type { FailedInput } from '../predict/result.js';
import { describeFailure } from './prediction-text.js';

/** Failures that are told together when all is done; a million of them are told as they come. */
const TOLD_AT_THE_END = 1000;

/** What did not work, for people. */
export class FailureList {
  readonly #waiting: string[] = [];
  readonly #suggestions = new Set<string>();

  constructor(private readonly write: (text: string) => void) {}

  add(failed: FailedInput): void {
    const text = describeFailure(failed);
    if (this.#waiting.length < TOLD_AT_THE_END) this.#waiting.push(text);
    else this.write(text);
    // A step that names its file is none for all of them.
    if (failed.error.suggestion !== undefined && this.#suggestions.size < TOLD_AT_THE_END)
      this.#suggestions.add(failed.error.suggestion);
  }

  /** @returns the next steps, each once */
  tell(): Iterable<string> {
    for (const text of this.#waiting) this.write(text);
    return this.#suggestions;
  }
}

const REASONS: Record<SkipReason, string> = {
  'no-image': 'no image',
  'own-output': 'written by ofx',
  'ground-truth': 'ground truth of a photo beside it',
  hidden: 'hidden',
};

export function describeSkipped(file: string, reason: SkipReason): string {
  return `left out: ${file} (${REASONS[reason]})`;
}
