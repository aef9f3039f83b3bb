import { Flags } from '@oclif/core';
import type { BenchReport } from '../lib/bench/result.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { modelFlag } from '../lib/cli/flags.js';
import { githubAnnotations, underGithubActions } from '../lib/report/github.js';

export default class Bench extends BaseCommand {
  static override summary =
    'Measure latency, throughput and memory on this machine, and hold them against a budget.';

  static override description =
    'Each configuration is measured in a process of its own. By default the shipped photos go from file to mask, one, two ' +
    'and three at once, and the budget is the target of the project. Lists are separated by commas.';

  static override examples = [
    '<%= config.bin %> bench',
    '<%= config.bin %> bench --inference-only --threads 1,2 --concurrency 1,2 --budget none',
    '<%= config.bin %> bench --budget "p95<=500ms,rss<=2GB,throughput>=2/s" --junit bench.xml',
    '<%= config.bin %> bench --json > baseline.json && <%= config.bin %> bench --baseline baseline.json',
    '<%= config.bin %> bench --model new/ --against old/ --max-regression 5%',
  ];

  static override flags = {
    model: Flags.string({
      ...listOf('MODEL'),
      char: 'm',
      description: `${modelFlag.description ?? ''}; may be repeated`,
    }),
    images: Flags.string({
      description: 'Photos to score: a folder, a file or a glob [default: the shipped samples]',
      helpValue: 'PATH',
      exclusive: ['inference-only'],
    }),
    'inference-only': Flags.boolean({
      description: 'Time the network on a fixed tensor, without files and pixels',
    }),
    size: Flags.integer({
      ...listOf('PIXELS'),
      char: 's',
      min: 1,
      description: 'Sides of the network’s input [default: the one nearest to 288]',
    }),
    precision: Flags.option({
      ...listOf('PRECISION'),
      options: ['fp32', 'fp16', 'int8'] as const,
      description: 'Precisions of the network [default: fp32 where there is one]',
    })(),
    threads: Flags.integer({
      ...listOf('N'),
      char: 't',
      min: 1,
      description: 'Threads of one inference [default: the processors, shared among the requests at once]',
    }),
    concurrency: Flags.integer({
      ...listOf('N'),
      char: 'c',
      min: 1,
      description: 'Requests at once, each with a copy of the model [default: 1,2,3; with --against 1]',
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
    budget: Flags.string({
      helpValue: 'DEMANDS',
      description:
        'Demands on every configuration, or "none" [default: the project’s target, unless --baseline or --against is given]',
    }),
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
    csv: Flags.string({ helpValue: 'FILE', description: 'Write the numbers as CSV; - for stdout' }),
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

  async run(): Promise<BenchReport> {
    const { flags } = await this.parse(Bench);
    const { benchRequest } = await import('../lib/cli/bench-request.js');
    const { bench } = await import('../lib/jobs/bench.js');
    const progress = this.progress();
    const report = await bench(
      await benchRequest(flags),
      {
        onNote: (note) => {
          this.note(note);
        },
        onStart: (steps) => {
          progress.start(steps, 'Measuring');
        },
        onProgress: (steps) => {
          progress.update(steps);
        },
      },
      this.signal,
    ).finally(() => {
      progress.stop();
    });
    await this.#show(report, flags);
    this.#conclude(report);
    return report;
  }

  async #show(report: BenchReport, flags: Destinations): Promise<void> {
    const { writeBenchFiles } = await import('../lib/jobs/bench-files.js');
    const { benchText } = await import('../lib/cli/bench-text.js');
    const { benchCsv } = await import('../lib/bench/csv.js');
    const { benchMarkdown } = await import('../lib/bench/markdown.js');
    if (flags.csv === STDOUT) this.print(benchCsv(report).trimEnd());
    else if (flags.markdown === STDOUT) this.print(benchMarkdown(report).trimEnd());
    else this.print(benchText(report));
    const file = (name: string | undefined): string | undefined => (name === STDOUT ? undefined : name);
    const written = await writeBenchFiles(report, {
      csv: file(flags.csv),
      markdown: file(flags.markdown),
      junit: flags.junit,
      folder: flags.out,
    });
    for (const name of written) this.note(`Wrote ${name}`);
  }

  #conclude({ gates, warnings }: BenchReport): void {
    for (const warning of warnings) this.warning(warning);
    for (const { name, subject, passed, detail } of gates) {
      if (!passed) this.gateFailed(`${name} (${subject}): ${detail}`);
    }
    // On stderr, which the runner reads as well: stdout may hold the one JSON document.
    if (underGithubActions())
      process.stderr.write(
        githubAnnotations('ofx bench', gates, warnings)
          .map((line) => `${line}\n`)
          .join(''),
      );
  }
}

/** Where `--csv` and `--markdown` may write to instead of a file. */
const STDOUT = '-';

interface Destinations {
  csv?: string | undefined;
  markdown?: string | undefined;
  junit?: string | undefined;
  out?: string | undefined;
}

/** Lists are given with commas, or by repeating the flag. */
function listOf(helpValue: string): { multiple: true; delimiter: ','; helpValue: string } {
  return { multiple: true, delimiter: ',', helpValue };
}
