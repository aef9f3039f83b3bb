/**
 * The rooms of src/lib and what each may use, besides itself: docs/architecture.md says what lives where. Data flows
 * file → image → tensor → session → maps → result → report.
 */
const foundations = ['core', 'text'];
const rooms = {
  core: ['text'],
  text: ['core'],
  files: foundations,
  workers: foundations,
  gates: foundations,
  metrics: foundations,
  image: [...foundations, 'files', 'workers'],
  inputs: [...foundations, 'files', 'image'],
  model: ['core', 'files', 'workers', 'image'],
  copies: foundations,
  dataset: [...foundations, 'files', 'inputs', 'image', 'metrics'],
  run: [...foundations, 'files', 'dataset', 'metrics', 'gates'],
  tracking: [...foundations, 'files', 'run'],
  report: [...foundations, 'files', 'gates', 'image', 'metrics', 'run'],
  python: [...foundations, 'files'],
  predict: [...foundations, 'files', 'gates', 'inputs', 'workers', 'image', 'model', 'copies'],
  casefile: [...foundations, 'files', 'inputs', 'image', 'model', 'predict', 'report'],
  validate: [
    ...foundations,
    'files',
    'inputs',
    'workers',
    'gates',
    'image',
    'model',
    'dataset',
    'metrics',
    'run',
    'report',
    'predict',
    'bench',
    'compare',
  ],
  compare: [...foundations, 'files', 'metrics', 'run', 'report', 'gates'],
  convert: [
    ...foundations,
    'files',
    'inputs',
    'image',
    'model',
    'python',
    'predict',
    'dataset',
    'metrics',
    'run',
    'gates',
    'validate',
    'compare',
    'bench',
    'report',
  ],
  bench: [
    ...foundations,
    'files',
    'inputs',
    'workers',
    'image',
    'model',
    'predict',
    'gates',
    'metrics',
    'report',
  ],
  models: [...foundations, 'files', 'model', 'predict', 'python'],
  batch: [...foundations, 'files', 'inputs', 'workers', 'image', 'model', 'predict'],
  serve: [...foundations, 'files', 'workers', 'image', 'model', 'predict', 'casefile'],
  cli: null,
};

/** What only `cli` and the commands may print and parse with. */
const terminal = 'node_modules/(@oclif|cli-progress|picocolors|cli-table3)/';
const room = (name) => `^src/lib/${name}/`;

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'every-folder-of-lib-has-a-rule-here',
      comment: 'A new room needs a line in `rooms`, and no file lies loose in src/lib.',
      severity: 'error',
      from: { path: '^src/lib/', pathNot: Object.keys(rooms).map(room) },
      to: {},
    },
    {
      name: 'no-import-of-a-folder-without-a-rule',
      severity: 'error',
      from: {},
      to: { path: '^src/lib/', pathNot: Object.keys(rooms).map(room) },
    },
    ...Object.entries(rooms)
      .filter(([, allowed]) => allowed !== null)
      .map(([name, allowed]) => ({
        name: `${name}-uses-only-its-rooms`,
        comment: `${name} may use: ${allowed.join(', ')}`,
        severity: 'error',
        from: { path: room(name) },
        to: { path: '^src/', pathNot: [name, ...allowed].map(room) },
      })),
    {
      name: 'only-cli-speaks-to-the-terminal',
      severity: 'error',
      from: { path: '^src/lib/', pathNot: room('cli') },
      to: { path: terminal },
    },
    {
      name: 'nobody-imports-commands',
      severity: 'error',
      from: { pathNot: '^src/commands/' },
      to: { path: '^src/commands/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};
