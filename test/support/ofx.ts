import { fileURLToPath } from 'node:url';
import { execa, type Options } from 'execa';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BINARY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** What a run left behind. */
export interface OfxRun {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

interface RunOptions extends Pick<Options, 'cwd' | 'input'> {
  /** Undefined takes a variable away. */
  env?: Record<string, string | undefined>;
  /** Heed file permissions even when root runs the tests. */
  unprivileged?: boolean;
}

/** Runs the real binary; never throws for an exit status. */
export async function ofx(args: readonly string[], options: RunOptions = {}): Promise<OfxRun> {
  const { exitCode, stdout, stderr } = await startOfx(args, options);
  return { exitCode, stdout, stderr };
}

/** Starts the real binary, to be talked to or stopped while it works. */
export function startOfx(
  args: readonly string[],
  { unprivileged = false, env, ...options }: RunOptions = {},
) {
  const command = [...(unprivileged ? WITHOUT_ROOTS_RIGHTS : []), process.execPath, BINARY, ...args];
  return execa(command[0]!, command.slice(1), {
    ...options,
    reject: false,
    env: { NO_COLOR: '1', CI: '1', ...env },
  });
}

/** Root may read and write everything, by capabilities that it can be started without. */
export const WITHOUT_ROOTS_RIGHTS =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : [];
