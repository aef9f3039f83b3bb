import { Flags } from '../../lib/cli/oclif.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { collectFlags, runArg } from '../../lib/cli/batch-flags.js';
import type { BatchCollect } from '../../lib/batch/result.js';

export default class BatchCollectCommand extends BaseCommand {
  static override summary =
    'Check that every image of a run has exactly one row, and write all rows into one file.';

  static override description =
    'Names shards that are missing, and ends with 75 then. Ends with 4 where images failed, and with 3 where more did than ' +
    '--max-failures allows.';

  static override examples = [
    '<%= config.bin %> batch collect run-1',
    '<%= config.bin %> batch collect run-1 --format csv --out results.csv --max-failures 0.1%',
  ];

  static override args = { run: runArg };

  static override flags = {
    out: Flags.string({
      char: 'o',
      description: 'File for the rows [default: results.parquet in the run]',
      helpValue: 'FILE',
    }),
    ...collectFlags,
  };

  async run(): Promise<BatchCollect> {
    const { args, flags } = await this.parse(BatchCollectCommand);
    const { openStore } = await import('../../lib/batch/store/open.js');
    const { openRun, shardCount } = await import('../../lib/batch/run.js');
    const { collect } = await import('../../lib/batch/collect.js');
    const { concludeCollect } = await import('../../lib/cli/batch-conclusion.js');
    const { collectText } = await import('../../lib/cli/batch-text.js');
    const store = await openStore(args.run);
    const run = await openRun(store, this.signal);
    const progress = this.progress();
    progress.start(shardCount(run), 'Collecting');
    const result = await collect(
      { store, run, format: flags.format, out: flags.out },
      (shards) => {
        progress.update(shards);
      },
      this.signal,
    ).finally(() => {
      progress.stop();
    });
    this.print(collectText(result));
    concludeCollect(result, flags['max-failures'], (text) => {
      this.gateFailed(text);
    });
    return result;
  }
}
