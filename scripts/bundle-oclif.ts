/** Part of the build: oclif in one file, `dist/oclif/core.cjs`, and the bytecode that V8 makes of it (see src/lib/cli/code-cache.ts). */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Oclif from '@oclif/core';
import { build } from 'esbuild';
import { codeCacheFile, IMPORT, runBundle } from '../src/lib/cli/code-cache.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundle = fileURLToPath(new URL('../dist/oclif/core.cjs', import.meta.url));

const { outputFiles } = await build({
  stdin: {
    contents: `export { Args, Command, Errors, Flags, execute, flush, handle, run } from '@oclif/core';`,
    resolveDir: root,
  },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  minify: true,
  keepNames: true,
  // oclif asks for it in development only.
  external: ['typescript'],
  write: false,
});
await mkdir(path.dirname(bundle), { recursive: true });
await writeFile(bundle, outputFiles[0]!.text.replaceAll(/\bimport\((?!\))/g, `${IMPORT}(`));

// V8 compiles functions when they are first called: what starts every command is called before the cache is taken.
await rm(codeCacheFile(bundle), { force: true });
const { script, exports } = runBundle(bundle);
const output = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
for (const args of [['--help'], ['predict', '--help']]) {
  await (exports as typeof Oclif).execute({ args, dir: root });
}
process.stdout.write = output;
await writeFile(codeCacheFile(bundle), script.createCachedData());
