import { fileURLToPath } from 'node:url';
import { execa, type Options, type ResultPromise } from 'execa';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BINARY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** Runs the real binary; never throws for an exit status. */
export function ofx<O extends Options>(
  args: readonly string[],
  options?: O,
): ResultPromise<{ reject: false } & O> {
  return execa(process.execPath, [BINARY, ...args], {
    reject: false,
    ...options,
    env: { NO_COLOR: '1', CI: '1', ...options?.env },
  } as unknown as { reject: false } & O);
}
