import type { BatchCollect } from '../batch/result.js';
import { EXIT } from '../core/errors.js';
import type { FailureLimit } from './batch-flags.js';

/** The exit status of a run whose rows are all there. */
export function concludeCollect(
  { failed, images }: BatchCollect,
  allowed: FailureLimit | undefined,
  gateFailed: (text: string) => void,
): void {
  if (failed > 0) process.exitCode = EXIT.someFailed;
  if (allowed !== undefined && failed > allowed.of(images)) {
    gateFailed(`${failed} of ${images} images failed (--max-failures ${allowed.text})`);
  }
}
