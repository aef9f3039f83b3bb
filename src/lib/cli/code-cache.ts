import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';

/** What a bundle calls instead of `import()`: V8 forgets the importer of a script that comes from a code cache. */
export const IMPORT = '__import';

/**
 * The bytecode that belongs to a bundle, for this very Node.js; see {@link runBundle}. V8 tells versions apart by four
 * numbers, and Node.js 20.19 and 20.20 have the same four: with the other's bytecode the process ends by a segmentation fault.
 */
export function codeCacheFile(bundle: string): string {
  return `${bundle}.${process.version}-${process.platform}-${process.arch}.cache`;
}

/**
 * Runs a CommonJS file with its code cache, where there is one for this Node.js. V8 compiles the file where there is none,
 * and where it rejects the cache (`script.cachedDataRejected`).
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
