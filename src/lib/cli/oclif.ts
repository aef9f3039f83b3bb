import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as Oclif from '@oclif/core';
import { runBundle } from './code-cache.js';

/**
 * What ofx uses of oclif. A build puts it into one file with a code cache (`scripts/bundle-oclif.ts`): to find, read and
 * compile its 150 files was half of the time that `ofx --help` took. Sources that run directly use the package as it is.
 */
export const { Args, Command, Errors, Flags, execute, flush, handle, run } = loadOclif();

export type { Interfaces } from '@oclif/core';

function loadOclif(): typeof Oclif {
  const bundle = fileURLToPath(new URL('../../oclif/core.cjs', import.meta.url));
  const oclif = existsSync(bundle)
    ? runBundle(bundle).exports
    : (createRequire(import.meta.url)('@oclif/core') as unknown);
  return oclif as typeof Oclif;
}
