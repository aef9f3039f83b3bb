import { Args, Flags } from '../../lib/cli/oclif.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { collectFlags, planFlags, workerFlags } from '../../lib/cli/batch-flags.js';
import type { BatchCollect } from '../../lib/batch/result.js';

export default class BatchRunCommand extends BaseCommand {
  static override summary = 'Score many images on this machine: plan, work and collect in one.';

  static override description =
    'Needs no service and nothing else to be installed. May be killed at any moment; the same command goes on where it was. ' +
    'Other machines can help meanwhile by "ofx batch work RUN".';

  static override examples = [
    '<%= config.bin %> batch run photos/ --out run-1',
    '<%= config.bin %> batch run --list paths.txt --out run-1 --masks manipulated --format csv',
  ];

  static override strict = false;

  static override args = {
    input: Args.string({ name: 'INPUT…', description: 'File, folder or glob; "-" reads paths from stdin' }),
  };

  static override flags = {
    out: Flags.string({ char: 'o', description: 'Folder of the run', required: true, helpValue: 'RUN' }),
    ...planFlags,
    ...workerFlags,
    ...collectFlags,
  };

  async run(): Promise<BatchCollect> {
    const { argv, flags } = await this.parse(BatchRunCommand);
    const { runHere } = await import('../../lib/batch/run-here.js');
    const { openStore } = await import('../../lib/batch/store/open.js');
    const { planChoice, planResult, workerChoice } = await import('../../lib/cli/batch-request.js');
    const { collectText, planText } = await import('../../lib/cli/batch-text.js');
    const { concludeCollect } = await import('../../lib/cli/batch-conclusion.js');
    const store = await openStore(flags.out);
    const progress = this.progress();
    let images = 0;
    const result = await runHere(
      store,
      planChoice(argv as string[], flags),
      workerChoice(flags),
      flags.format,
      {
        onNote: (note) => {
          this.note(note);
        },
        onPlanned: (planned, toDo) => {
          this.note(planText(planResult(store, planned)));
          if (toDo > 0) progress.start(toDo, 'Scoring');
        },
        onImage: () => {
          progress.update(++images);
        },
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
