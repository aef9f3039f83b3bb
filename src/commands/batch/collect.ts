import { Flags } from '../../lib/cli/oclif.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { collectFlags, runArg } from '../../lib/cli/batch-flags.js';
import type { RunFile } from '../../lib/batch/run.js';
import type { Store } from '../../lib/batch/store/store.js';
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
    '<%= config.bin %> batch collect run-1 --retry-failed run-2',
  ];

  static override args = { run: runArg };

  static override flags = {
    out: Flags.string({
      char: 'o',
      description: 'File for the rows [default: results.parquet in the run]',
      helpValue: 'FILE',
    }),
    ...collectFlags,
    'retry-failed': Flags.string({
      description:
        'Plan another run, in this folder, of the images that failed for a reason that may have passed: lost, too slow, missing, …',
      helpValue: 'RUN',
    }),
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
    const collected = await collect(
      { store, run, format: flags.format, out: flags.out },
      (shards) => {
        progress.update(shards);
      },
      this.signal,
    ).finally(() => {
      progress.stop();
    });
    const retry = await this.#planRetry(store, run, flags['retry-failed']);
    const result = { ...collected, ...(retry && { retry }) };
    this.print(collectText(result));
    concludeCollect(result, flags['max-failures'], (text) => {
      this.gateFailed(text);
    });
    return result;
  }

  async #planRetry(store: Store, run: RunFile, folder: string | undefined): Promise<BatchCollect['retry']> {
    if (folder === undefined) return undefined;
    const { openStore } = await import('../../lib/batch/store/open.js');
    const { planRetry } = await import('../../lib/batch/retry-failed.js');
    return { run: folder, images: await planRetry(store, run, await openStore(folder), this.signal) };
  }
}
