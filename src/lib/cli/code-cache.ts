import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';

/** What a bundle calls instead of `import()`: V8 forgets the importer of a script that comes from a code cache. */
export const IMPORT = '__import';

/** The bytecode that belongs to a bundle; see {@link runBundle}. */
export function codeCacheFile(bundle: string): string {
  return `${bundle}.cache`;
}

/**
 * Runs a CommonJS file with its code cache, where there is one. V8 rejects a cache that another version of it made
 * (`script.cachedDataRejected`), and compiles the file then.
 */
export function runBundle(bundle: string): { script: Script; exports: unknown } {
  const cache = codeCacheFile(bundle);
  const scope = ['exports', 'require', 'module', '__filename', '__dirname', IMPORT];
  const script = new Script(`(function (${scope.join()}) {${readFileSync(bundle, 'utf8')}\n})`, {
    filename: bundle,
    ...(existsSync(cache) && { cachedData: readFileSync(cache) }),
  });
  const run = script.runInThisContext() as (...scope: unknown[]) => void;
  const module = { exports: {} };
  const importModule = (specifier: string): Promise<unknown> => import(specifier);
  run(module.exports, createRequire(bundle), module, bundle, path.dirname(bundle), importModule);
  return { script, exports: module.exports };
}
