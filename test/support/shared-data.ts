import { existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './ofx.js';

/** Real photos for tests and benchmarks; they may not be redistributed, so they live outside the repository. */
export const SHARED_DATA = process.env['OFX_TEST_DATA'] ?? path.join(ROOT, '../shared/data');

/** A suite that needs the shared photos: skipped where they are absent, unless OFX_TEST_REQUIRE_DATA says they must be there. */
export function describeWithSharedData(title: string, suite: () => void): void {
  if (existsSync(SHARED_DATA)) describe(title, suite);
  else if (process.env['OFX_TEST_REQUIRE_DATA']) {
    describe(title, () => {
      it('has the shared data', () => {
        throw new Error(`OFX_TEST_REQUIRE_DATA is set, but there is no ${SHARED_DATA}`);
      });
    });
  } else describe.skip(`${title} (no ${SHARED_DATA})`, suite);
}

/** Small inputs for situations from practice, a folder a case. */
export const SHARED_CASES = process.env['OFX_TEST_CASES'] ?? path.join(ROOT, '../shared/cases');
