import { Flags } from '../../lib/cli/oclif.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { metricsFlags, queueFlag, runArg, workerFlags } from '../../lib/cli/batch-flags.js';
import { fractionFlag, modelFlag } from '../../lib/cli/flags.js';
import { counted } from '../../lib/text/plural.js';
import type { BatchWork } from '../../lib/batch/result.js';

export default class BatchWorkCommand extends BaseCommand {
  static override summary = 'Score the shards of a run that have no part yet.';

  static override description =
    'May run on many machines at once, be killed at any moment and be started again: a finished shard is never done twice for ' +
    'the results, and an unfinished one is done again. Settings of the run that are named here have to be the same.';

  static override examples = [
    '<%= config.bin %> batch work run-1',
    '<%= config.bin %> batch work run-1 --processes 8',
    '<%= config.bin %> batch work run-1 --queue redis://localhost:6379 --until-empty',
  ];

  static override args = { run: runArg };

  static override flags = {
    ...workerFlags,
    slice: Flags.string({
      description:
        'Shards I, I + N, I + 2N, … only; auto takes I and N from Slurm, AWS Batch or (auto/N) Kubernetes',
      helpValue: 'I/N',
    }),
    'help-others': Flags.boolean({
      description: 'After its slice, do whatever has no part yet: covers workers that died or are slow',
      dependsOn: ['slice'],
    }),
    queue: queueFlag({ exclusive: ['slice'] }),
    'until-empty': Flags.boolean({
      description: 'End where the queue has nothing more, instead of waiting for what is submitted later',
      dependsOn: ['queue'],
    }),
    base: Flags.string({
      description:
        'Folder that relative paths start from on this machine [default: where the run was planned]',
      helpValue: 'FOLDER',
    }),
    model: modelFlag,
    size: Flags.integer({
      char: 's',
      description: 'Input size of the network, the side in pixels',
      min: 1,
      helpValue: 'PIXELS',
    }),
    threshold: fractionFlag({ description: 'Threshold of the score' }),
    'mask-threshold': fractionFlag({ description: 'Threshold of the mask' }),
    ...metricsFlags,
    threads: Flags.integer({ char: 't', description: 'Threads of one inference', min: 1, helpValue: 'N' }),
  };

  async run(): Promise<BatchWork> {
    const { args, flags } = await this.parse(BatchWorkCommand);
    const { openStore } = await import('../../lib/batch/store/open.js');
    const { openRun } = await import('../../lib/batch/run.js');
    const { missingShards } = await import('../../lib/batch/shards.js');
    const { openSource } = await import('../../lib/batch/open-source.js');
    const { parseSlice } = await import('../../lib/batch/slice.js');
    const { workLocally } = await import('../../lib/batch/work-locally.js');
    const { workerChoice } = await import('../../lib/cli/batch-request.js');
    const { workText } = await import('../../lib/cli/batch-text.js');
    if (flags['metrics-port'] === undefined) this.refuseIdle(['metrics-host'], 'without --metrics-port');
    const slice = flags.slice === undefined ? undefined : parseSlice(flags.slice, process.env);
    const store = await openStore(args.run);
    const run = await openRun(store, this.signal);
    const metrics =
      flags['metrics-port'] === undefined
        ? undefined
        : new (await import('../../lib/batch/worker-metrics.js')).WorkerMetrics();
    const server = await metrics?.serve(flags['metrics-host'], flags['metrics-port']!);
    const toDo = await missingShards(store, run, this.signal);
    const { source, close } = await openSource(
      store,
      run,
      { slice, helpOthers: flags['help-others'], queue: flags.queue, untilEmpty: flags['until-empty'] },
      (note) => {
        this.note(note);
      },
    );
    const progress = this.progress();
    let images = 0;
    if (toDo.length > 0) progress.start(Math.min(run.images, toDo.length * run.shardSize), 'Scoring');
    const done = await workLocally(
      store,
      run,
      source,
      {
        ...workerChoice(flags),
        base: flags.base,
        model: flags.model,
        size: flags.size,
        threshold: flags.threshold,
        maskThreshold: flags['mask-threshold'],
        threads: flags.threads,
      },
      {
        onImage: () => {
          progress.update(++images);
        },
      },
      this.signal,
      metrics,
    ).finally(async () => {
      server?.close();
      progress.stop();
      await close();
    });
    const missing = (await missingShards(store, run, this.signal)).length;
    const result = { run: store.place, ...done, missing };
    this.print(workText(result));
    if (missing > 0) this.note(`${counted(missing, 'shard')} left for others.`);
    return result;
  }
}
