import { Args, Flags } from '../../lib/cli/oclif.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { planFlags } from '../../lib/cli/batch-flags.js';
import { OfxError } from '../../lib/core/errors.js';
import type { BatchPlan } from '../../lib/batch/result.js';

export default class BatchPlanCommand extends BaseCommand {
  static override summary = 'List the images of a run, and fix the settings that all its workers use.';

  static override description =
    'Writes run.json and manifest.txt.gz into a new folder, for "ofx batch work" on one machine or many. Inputs are files, globs and ' +
    'folders (searched recursively); --list reads paths from a file. Ten million take no more memory than ten.';

  static override examples = [
    '<%= config.bin %> batch plan photos/ --out run-1',
    '<%= config.bin %> batch plan --list paths.txt --out run-1 --masks manipulated',
  ];

  // Inputs are variable in number: `argv` holds them all.
  static override strict = false;

  static override args = {
    input: Args.string({ name: 'INPUT…', description: 'File, folder or glob; "-" reads paths from stdin' }),
  };

  static override flags = {
    out: Flags.string({ char: 'o', description: 'Folder of the run', required: true, helpValue: 'RUN' }),
    ...planFlags,
  };

  async run(): Promise<BatchPlan> {
    const { argv, flags } = await this.parse(BatchPlanCommand);
    const { openStore } = await import('../../lib/batch/store/open.js');
    const { planInputs } = await import('../../lib/batch/plan-inputs.js');
    const { planChoice, planResult } = await import('../../lib/cli/batch-request.js');
    const { planText } = await import('../../lib/cli/batch-text.js');
    const choice = planChoice(argv as string[], flags);
    if (choice.inputs.length + choice.lists.length === 0) {
      throw new OfxError('USAGE', 'No input is given.', {
        suggestion: 'Name a folder, or a list by --list.',
      });
    }
    const store = await openStore(flags.out);
    const events = {
      onNote: (note: string) => {
        this.note(note);
      },
    };
    const result = planResult(store, await planInputs(store, choice, events, this.signal));
    this.print(planText(result));
    return result;
  }
}
