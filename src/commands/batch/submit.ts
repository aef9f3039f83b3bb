import { BaseCommand } from '../../lib/cli/base-command.js';
import { queueFlag, runArg } from '../../lib/cli/batch-flags.js';
import type { BatchSubmit } from '../../lib/batch/result.js';

export default class BatchSubmitCommand extends BaseCommand {
  static override summary = 'Put the shards of a run that have no part yet into a queue.';

  static override description =
    'Workers take them by "ofx batch work RUN --queue URL". May be run again at any time, also after the queue lost all that it ' +
    'had: what waits or is under way stays as it is, and shards that failed are tried again.';

  static override examples = ['<%= config.bin %> batch submit run-1 --queue redis://localhost:6379'];

  static override args = { run: runArg };

  static override flags = { queue: queueFlag({ required: true }) };

  async run(): Promise<BatchSubmit> {
    const { args, flags } = await this.parse(BatchSubmitCommand);
    const { openStore } = await import('../../lib/batch/store/open.js');
    const { openRun } = await import('../../lib/batch/run.js');
    const { submitTo } = await import('../../lib/batch/queue/submit.js');
    const { submitText } = await import('../../lib/cli/batch-text.js');
    const store = await openStore(args.run);
    const run = await openRun(store, this.signal);
    const result = await submitTo(flags.queue, store, run, this.signal);
    this.print(submitText(result));
    return result;
  }
}
