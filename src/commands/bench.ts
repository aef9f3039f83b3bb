import type { BenchReport } from '../lib/bench/result.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { benchFlags } from '../lib/cli/bench-flags.js';
import { githubAnnotations, underGithubActions } from '../lib/gates/github.js';

export default class Bench extends BaseCommand {
  static override summary =
    'Measure latency, throughput and memory on this machine, and fail where they miss a target.';

  static override description =
    'Each configuration is measured in a process of its own. By default the shipped photos go from file to mask, one, two ' +
    'and three at once, and the conditions are the target of the project. Lists are separated by commas.';

  static override examples = [
    '<%= config.bin %> bench',
    '<%= config.bin %> bench --inference-only --threads 1,2 --concurrency 1,2 --fail-on none',
    '<%= config.bin %> bench --fail-on "p95 > 500ms" --fail-on "rss > 2GB" --junit bench.xml',
    '<%= config.bin %> bench --json > baseline.json && <%= config.bin %> bench --baseline baseline.json',
    '<%= config.bin %> bench --model new/ --against old/ --max-regression 5%',
  ];

  static override flags = benchFlags;

  async run(): Promise<BenchReport> {
    const { flags } = await this.parse(Bench);
    if (flags.baseline === undefined && flags.against === undefined) {
      this.refuseIdle(['max-regression'], 'without --baseline or --against');
    }
    const { benchRequest } = await import('../lib/cli/bench-request.js');
    const { bench } = await import('../lib/bench/bench.js');
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
    const { writeBenchFiles } = await import('../lib/bench/bench-files.js');
    const { benchText } = await import('../lib/cli/bench-text.js');
    const { benchCsv } = await import('../lib/bench/csv.js');
    const { benchMarkdown } = await import('../lib/bench/markdown.js');
    if (flags.csv === STDOUT) this.printDocument(benchCsv(report).trimEnd());
    else if (flags.markdown === STDOUT) this.printDocument(benchMarkdown(report).trimEnd());
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
