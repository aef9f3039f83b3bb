import { fileURLToPath } from 'node:url';
import { execa, type Options, type Result } from 'execa';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BINARY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** What a run left behind; `stdout` and `stderr` are text unless the options say otherwise. */
export type OfxRun = Result<{ reject: false }>;

/** Runs the real binary; never throws for an exit status. */
export async function ofx(args: readonly string[], options: Options = {}): Promise<OfxRun> {
  const run = await startOfx(args, options);
  return run as OfxRun;
}

/** Starts the real binary, to be talked to or stopped while it works. */
export function startOfx(args: readonly string[], options: Options = {}) {
  return execa(process.execPath, [BINARY, ...args], {
    ...options,
    reject: false,
    env: { NO_COLOR: '1', CI: '1', ...options.env },
  });
}
