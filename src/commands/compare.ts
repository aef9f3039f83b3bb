import { Args, Flags } from '../lib/cli/oclif.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { annotationsFor, gateFlags, writeGateReports } from '../lib/cli/gate-flags.js';
import type { Comparison } from '../lib/run/comparison.js';

export default class Compare extends BaseCommand {
  static override summary = 'Tell whether one run is better than another, by how much and how surely.';

  static override description =
    'Takes folders that ofx validate wrote, the baseline first. Every metric is compared over the same images (paired ' +
    'bootstrap, 95 % intervals). Runs on different data, sizes or protocols are refused; --match compares what they share.';

  static override examples = [
    '<%= config.bin %> compare reports/old reports/new',
    '<%= config.bin %> compare reports/old reports/new --html comparison.html',
    '<%= config.bin %> compare reports/old reports/new --fail-on "pixel.macro.f1 drops 0.01"',
  ];

  // Runs are variable in number: `argv` holds them all.
  static override strict = false;

  static override args = {
    runs: Args.string({ name: 'RUN…', description: 'Folders of runs, the baseline first', required: true }),
  };

  static override flags = {
    html: Flags.string({ description: 'Write a page with the images side by side', helpValue: 'FILE' }),
    match: Flags.boolean({ description: 'Compare the images that different runs share' }),
    images: Flags.integer({
      description: 'How many of the images that changed most are told',
      default: 50,
      min: 0,
      helpValue: 'N',
    }),
    seed: Flags.integer({ description: 'Seed of the intervals', default: 1, min: 0, helpValue: 'N' }),
    ...gateFlags,
  };

  async run(): Promise<Comparison> {
    const { argv, flags } = await this.parse(Compare);
    const { compare } = await import('../lib/compare/compare.js');
    const { parseMetricCondition } = await import('../lib/run/metric-gates.js');
    const comparison = await compare(
      {
        runs: argv as string[],
        match: flags.match,
        seed: flags.seed,
        images: flags.images,
        failOn: (flags['fail-on'] ?? []).map(parseMetricCondition),
      },
      this.signal,
    );
    const { comparisonText } = await import('../lib/cli/comparison-text.js');
    const { comparisonMarkdown } = await import('../lib/report/markdown.js');
    if (flags.html !== undefined) {
      const { renderComparisonPage } = await import('../lib/report/html/comparison-page.js');
      const { writeFileAtomic } = await import('../lib/files/write.js');
      await writeFileAtomic(flags.html, await renderComparisonPage(comparison, flags.html));
      this.note(`Wrote ${flags.html}`);
    }
    await writeGateReports('ofx compare', comparison.gates, flags, () => comparisonMarkdown(comparison));
    this.print(comparisonText(comparison, process.stdout.columns));
    for (const note of comparison.notes) this.warning(note);
    for (const { name, subject, detail, passed } of comparison.gates) {
      if (!passed) this.gateFailed(`${name} (${subject}): ${detail}`);
    }
    process.stderr.write(await annotationsFor('ofx compare', comparison.gates, comparison.notes));
    return comparison;
  }
}
