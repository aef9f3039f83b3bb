import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The version in package.json, found from both `src` and `dist`. */
export const OFX_VERSION = (createRequire(import.meta.url)('../../../package.json') as { version: string })
  .version;

/** Where the build writes which commit it was made of; see `scripts/write-build.ts`. */
export const BUILD_FILE = 'build.json';

/** What says that the sources were not those of a commit. */
export const MODIFIED = 'modified';

/**
 * The commit that this build was made of, so that two builds of one version can be told apart; "modified" where the sources differed
 * from it, and where they run without a build.
 */
export const OFX_BUILD = readBuild();

/** What every result says of the software that made it. */
export const SOFTWARE = { name: 'ofx', version: OFX_VERSION, build: OFX_BUILD } as const;

function readBuild(): string {
  try {
    // Beside `lib`: there is one in `dist` only.
    const file = new URL(`../../${BUILD_FILE}`, import.meta.url);
    return (JSON.parse(readFileSync(file, 'utf8')) as { build: string }).build;
  } catch {
    return MODIFIED;
  }
}
