import { budgetFlag } from './budget-flag.js';
import { Flags } from './oclif.js';
import { modelFlag, MOST_THREADS } from './flags.js';
import { listOf, sizesFlag } from './size-flag.js';

export const benchFlags = {
  model: Flags.string({
    ...listOf('MODEL'),
    char: 'm',
    description: `${modelFlag.description ?? ''}; may be repeated`,
  }),
  images: Flags.string({
    description: 'Photos to score: a folder, a file or a glob [default: the shipped example photos]',
    helpValue: 'PATH',
    exclusive: ['inference-only'],
  }),
  'inference-only': Flags.boolean({
    description: 'Time the network on a fixed tensor, without files and pixels',
  }),
  size: sizesFlag('the model’s own, or 288, or the nearest'),
  precision: Flags.option({
    ...listOf('PRECISION'),
    options: ['fp32', 'fp16', 'int8'] as const,
    description: 'Precisions of the network [default: fp32 where there is one]',
  })(),
  threads: Flags.integer({
    ...listOf('N'),
    char: 't',
    min: 1,
    max: MOST_THREADS,
    description: 'Threads of one inference [default: the processors, shared among the concurrent requests]',
  }),
  concurrency: Flags.integer({
    ...listOf('N'),
    char: 'c',
    min: 1,
    description:
      'Concurrency: requests at once, each with a copy of the model [default: 1,2,3; with --against 1]',
  }),
  runs: Flags.integer({
    min: 1,
    helpValue: 'N',
    description: 'Measure so many runs [default: until the latency settles, 3 to 20 s]',
    exclusive: ['duration'],
  }),
  duration: Flags.string({
    helpValue: 'TIME',
    description: 'Measure each configuration for so long, e.g. 30s',
  }),
  profile: Flags.boolean({ description: 'Time by operator type and the slowest nodes' }),
  'fail-on': Flags.string({
    multiple: true,
    helpValue: 'CONDITION',
    description:
      'Exit with 3 where this is true of a configuration, e.g. "p95 > 500ms"; may be repeated; none for no condition ' +
      '[default: the project’s target, unless --baseline or --against is given]',
  }),
  budget: budgetFlag,
  baseline: Flags.string({
    helpValue: 'FILE',
    description: 'Earlier result (--json) of this machine to compare with',
  }),
  against: Flags.string({
    helpValue: 'MODEL',
    description: 'Other model to measure in turns with this one',
  }),
  'max-regression': Flags.string({
    helpValue: 'SHARE',
    default: '10%',
    description: 'Largest loss against --baseline and --against',
  }),
  force: Flags.boolean({
    description: 'Compare with a baseline of another machine',
    dependsOn: ['baseline'],
  }),
  csv: Flags.string({ helpValue: 'FILE', description: 'Write the measurements as CSV; - for stdout' }),
  markdown: Flags.string({
    helpValue: 'FILE',
    description: 'Write a report for a pull request; - for stdout',
  }),
  junit: Flags.string({ helpValue: 'FILE', description: 'Write the gates as a JUnit report' }),
  out: Flags.string({
    char: 'o',
    helpValue: 'FOLDER',
    description: 'Write everything here: bench.json, .csv, .md, samples.csv, junit.xml, charts',
  }),
};
