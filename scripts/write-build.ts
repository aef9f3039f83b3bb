/**
 * Part of the build: writes into `dist` which commit it was made of, or "modified" where tracked or new files of the package differ
 * from it. It travels with the tarball, where there is no git to ask.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BUILD_FILE, MODIFIED } from '../src/lib/core/version.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const SHORT_COMMIT = 12;
/** What the built package is made of. */
const SOURCES = [
  'src',
  'bin',
  'web',
  'models',
  'python',
  'assets',
  'scripts',
  'package.json',
  'package-lock.json',
];

writeFileSync(
  new URL(`../dist/${BUILD_FILE}`, import.meta.url),
  `${JSON.stringify({ build: identity() })}\n`,
);

function identity(): string {
  try {
    // A package that was unpacked inside somebody's repository is none of that repository's commits.
    if (git('rev-parse', '--show-prefix') !== '') return MODIFIED;
    if (git('status', '--porcelain', '--', ...SOURCES) !== '') return MODIFIED;
    return git('rev-parse', 'HEAD').slice(0, SHORT_COMMIT);
  } catch {
    return MODIFIED;
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
