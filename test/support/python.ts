import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './ofx.js';

/** A Python with PyTorch and the packages of `python/requirements-dev.txt`: `npm run test:python` makes one in .venv. */
export const PYTHON = process.env['OFX_PYTHON'] ?? path.join(ROOT, '.venv/bin/python');

/** Where scripts of `python/` find their modules. */
export const PYTHON_PATH = path.join(ROOT, 'python');

/** A suite that needs PyTorch: skipped where there is none, unless OFX_TEST_REQUIRE_DATA says that nothing may be. */
export function describeWithPython(title: string, suite: () => void): void {
  if (existsSync(PYTHON) || process.env['OFX_TEST_REQUIRE_DATA']) describe(title, suite);
  else describe.skip(`${title} (no ${PYTHON})`, suite);
}

/** Runs a script with PyTorch; its stdout. */
export function python(script: string, ...args: string[]): string {
  return execFileSync(PYTHON, [script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: PYTHON_PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
