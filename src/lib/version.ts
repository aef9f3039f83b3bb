import { createRequire } from 'node:module';

/** The version in package.json, found from both `src/lib` and `dist/lib`. */
export const OFX_VERSION = (createRequire(import.meta.url)('../../package.json') as { version: string })
  .version;
