/** The rooms of src/lib and who may use whom: data flows file → image → tensor → session → maps → result → report. */
const rooms = {
  image: ['image'],
  model: ['model', 'image'],
  dataset: ['dataset', 'image'],
  metrics: ['metrics'],
  report: ['report', 'metrics', 'image'],
  bench: ['bench', 'model', 'image', 'metrics'],
  python: ['python'],
};

/** Files at the root of src/lib (the error table, shared paths) may be used by every room and use none. */
const shared = '^src/lib/[^/]+\\.ts$';

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-may-use-only-${allowed.join('-')}`,
      severity: 'error',
      from: { path: `^src/lib/${room}/` },
      to: { path: '^src/', pathNot: [shared, ...allowed.map((name) => `^src/lib/${name}/`)] },
    })),
    {
      name: 'jobs-are-free-of-oclif-and-printing',
      severity: 'error',
      from: { path: '^src/lib/jobs/' },
      to: { path: ['^src/lib/cli/', '^src/commands/', 'node_modules/@oclif', 'node_modules/cli-progress'] },
    },
    {
      name: 'serve-stands-on-jobs',
      severity: 'error',
      from: { path: '^src/lib/serve/' },
      to: { path: ['^src/lib/cli/', '^src/commands/'] },
    },
    {
      name: 'nobody-imports-commands',
      severity: 'error',
      from: { pathNot: '^src/commands/' },
      to: { path: '^src/commands/' },
    },
    {
      name: 'shared-files-use-no-room',
      severity: 'error',
      from: { path: shared },
      to: { path: '^src/(lib/[^/]+/|commands/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};
