import path from 'node:path';
import { Args, Flags } from '../lib/cli/oclif.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { logFlag } from '../lib/cli/flags.js';
import type { HistoryRun } from '../lib/validate/history.js';

export default class History extends BaseCommand {
  static override summary =
    'Show a metric over many validation runs: a table, and a page with charts over time.';

  static override examples = [
    '<%= config.bin %> history reports',
    '<%= config.bin %> history reports --log mlflow',
    '<%= config.bin %> history reports --metric image.auc --metric pixel.macro.f1 --html history.html',
  ];

  static override args = {
    folder: Args.string({
      description: 'Folder with runs of ofx validate in it, at any depth',
      required: true,
    }),
  };

  static override flags = {
    metric: Flags.string({
      description:
        'Metric by its path; may be repeated [default: image.auc, pixel.macro.f1, pixel.falseAlarmArea]',
      multiple: true,
      helpValue: 'PATH',
    }),
    log: logFlag,
    html: Flags.string({ description: 'Write a page with a chart for each metric', helpValue: 'FILE' }),
  };

  async run(): Promise<{ metrics: string[]; runs: HistoryRun[] }> {
    const { args, flags } = await this.parse(History);
    const { readHistory } = await import('../lib/validate/history.js');
    const { metricPaths } = await import('../lib/run/metric-gates.js');
    const { historyText } = await import('../lib/cli/history-text.js');
    const metrics = metricPaths(flags.metric ?? ['image.auc', 'pixel.macro.f1', 'pixel.falseAlarmArea']);
    const runs = await readHistory(args.folder, metrics, (file, why) => {
      this.warning(`${file} is left out: ${why}`);
    });
    if (flags.html !== undefined) {
      const { renderHistoryPage } = await import('../lib/report/html/history-page.js');
      const { writeFileAtomic } = await import('../lib/files/write.js');
      await writeFileAtomic(flags.html, await renderHistoryPage(runs, metrics));
    }
    if (flags.log) {
      const { loadSummary } = await import('../lib/run/load.js');
      for (const run of runs) {
        const { folder, summary } = await loadSummary(path.join(args.folder, run.folder));
        await this.logRun(folder, summary, flags.log);
      }
    }
    this.print(historyText(runs, metrics, flags.html));
    return { metrics, runs };
  }
}
