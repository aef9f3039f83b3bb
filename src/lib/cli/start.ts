import { OfxError, systemCode } from '../core/errors.js';
import { flush, handle, run } from './oclif.js';

/** The system's limit of open files, as an error with a next step; nothing where an error is another one. */
export function tooManyOpenFiles(error: unknown): OfxError | undefined {
  if (!['EMFILE', 'ENFILE'].includes(systemCode(error) ?? '')) return undefined;
  return new OfxError('TOO_MANY_OPEN_FILES', 'The limit of open files is too low for ofx.', {
    suggestion: 'Raise it, then run the same command again: ulimit -n 1024',
    cause: error,
  });
}

/**
 * Runs the command that the arguments name. Node reads hundreds of small files at once while it loads one, which a low
 * limit of open files does not allow; no command is there yet to tell it.
 */
export async function start(dir: string): Promise<void> {
  try {
    await run(process.argv.slice(2), dir);
    await flush();
  } catch (error) {
    const refused = tooManyOpenFiles(error);
    if (!refused) return handle(error as Error);
    process.exitCode = refused.exitStatus;
    process.stderr.write(`error: ${refused.message}\n${refused.suggestion!}\n`);
  }
}
