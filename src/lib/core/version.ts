import { createRequire } from 'node:module';

/** The version in package.json, found from both `src` and `dist`. */
export const OFX_VERSION = (createRequire(import.meta.url)('../../../package.json') as { version: string })
  .version;
