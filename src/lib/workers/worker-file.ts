import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The file of a worker, named like an import. Workers are started from a file rather than by an import, so
 * nothing maps `.js` to the `.ts` beside it when the sources run directly (tests, `bin/dev.js`).
 */
export function workerFile(specifier: string, importer: string): string {
  const built = fileURLToPath(new URL(specifier, importer));
  return existsSync(built) ? built : built.replace(/\.js$/, '.ts');
}
