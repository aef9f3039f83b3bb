import { Flags } from '../../lib/cli/oclif.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { queueFlag, runArg } from '../../lib/cli/batch-flags.js';
import type { PartFooter } from '../../lib/batch/part.js';
import type { BatchStatus } from '../../lib/batch/result.js';

export default class BatchStatusCommand extends BaseCommand {
  static override summary = 'Say how far a run is, how fast it goes and how long it will take.';

  static override description =
    'Asks the parts, and with --queue the queue, too. --format prometheus writes metrics, for a textfile collector.';

  static override examples = [
    '<%= config.bin %> batch status run-1',
    '<%= config.bin %> batch status run-1 --watch --queue redis://localhost:6379',
    '<%= config.bin %> batch status run-1 --format prometheus > /var/lib/node_exporter/ofx.prom',
  ];

  static override args = { run: runArg };

  static override flags = {
    watch: Flags.boolean({ char: 'w', description: 'Look again every few seconds, until all is done' }),
    interval: Flags.integer({
      description: 'Seconds between two looks',
      default: 5,
      min: 1,
      helpValue: 'SECONDS',
    }),
    queue: queueFlag({ description: 'Queue whose shards are counted, too' }),
    format: Flags.option({
      description: 'What to print',
      options: ['human', 'prometheus'] as const,
      default: 'human' as const,
    })(),
  };

  async run(): Promise<BatchStatus> {
    const { args, flags } = await this.parse(BatchStatusCommand);
    if (!flags.watch) this.refuseIdle(['interval'], 'without --watch');
    if (this.jsonEnabled()) this.refuseIdle(['format', 'watch'], 'beside --json');
    if (flags.format === 'prometheus') this.refuseIdle(['watch'], 'with --format prometheus');
    const { openStore } = await import('../../lib/batch/store/open.js');
    const { openRun } = await import('../../lib/batch/run.js');
    const { runStatus } = await import('../../lib/batch/status.js');
    const { statusText } = await import('../../lib/cli/batch-text.js');
    const { watch } = await import('../../lib/cli/watch.js');
    const store = await openStore(args.run);
    const run = await openRun(store, this.signal);
    const queue =
      flags.queue === undefined
        ? undefined
        : await (await import('../../lib/batch/queue/counts.js')).openCounts(flags.queue, run);
    const known = new Map<number, PartFooter>();
    const look = async (): Promise<BatchStatus> => runStatus(store, run, known, this.signal, queue?.counts);
    try {
      let status = await look();
      if (flags.format === 'prometheus') {
        const { statusMetrics } = await import('../../lib/batch/status-metrics.js');
        this.printDocument((await statusMetrics(status)).trimEnd());
      } else if (flags.watch && !this.jsonEnabled() && !this.quiet) {
        const next = async () => {
          status = await look();
          return { text: statusText(status), isLast: status.shardsDone === status.shards };
        };
        await watch(next, flags.interval * 1000, this.signal);
      } else this.print(statusText(status));
      return status;
    } finally {
      await queue?.close();
    }
  }
}
