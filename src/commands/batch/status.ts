import { BaseCommand } from '../../lib/cli/base-command.js';
import { runArg } from '../../lib/cli/batch-flags.js';
import type { BatchStatus } from '../../lib/batch/result.js';

export default class BatchStatusCommand extends BaseCommand {
  static override summary = 'Say how far a run is, how fast it goes and how long it will take.';

  static override examples = ['<%= config.bin %> batch status run-1'];

  static override args = { run: runArg };

  async run(): Promise<BatchStatus> {
    const { args } = await this.parse(BatchStatusCommand);
    const { openStore } = await import('../../lib/batch/store/open.js');
    const { openRun } = await import('../../lib/batch/run.js');
    const { runStatus } = await import('../../lib/batch/status.js');
    const { statusText } = await import('../../lib/cli/batch-text.js');
    const store = await openStore(args.run);
    const status = await runStatus(store, await openRun(store, this.signal), undefined, this.signal);
    this.print(statusText(status));
    return status;
  }
}
