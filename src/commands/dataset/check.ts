import { Args, Flags } from '../../lib/cli/oclif.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { LAYOUTS } from '../../lib/dataset/sample.js';
import { EXIT } from '../../lib/core/errors.js';
import type { DatasetCheck } from '../../lib/dataset/check-result.js';

export default class DatasetCheckCommand extends BaseCommand {
  static override summary = 'Examine a data set before trusting any number measured on it.';

  static override description =
    'Reads every image and mask: missing and unmatched masks, sizes that differ, empty or inverted-looking masks, grey ' +
    'values, duplicates, unreadable files, class balance, sizes. Exits with 4 where samples cannot be used.';

  static override examples = [
    '<%= config.bin %> dataset check ./casia1',
    '<%= config.bin %> dataset check ./casia1 --fix --json',
  ];

  static override args = {
    dataset: Args.string({ description: 'Folder of the data set, or its list', required: true }),
  };

  static override flags = {
    split: Flags.string({
      description: 'List of samples to use, instead of the one that is found',
      helpValue: 'FILE',
    }),
    layout: Flags.option({
      description: 'Layout to read, instead of the one that is found',
      options: LAYOUTS,
    })(),
    size: Flags.integer({
      char: 's',
      description: 'Input size of the network, the side in pixels; smaller images are noted',
      default: 380,
      min: 1,
      helpValue: 'PIXELS',
    }),
    fix: Flags.boolean({ description: 'Write a split file with the samples that raise no doubt' }),
    out: Flags.string({
      char: 'o',
      description: 'Split file that --fix writes [default: clean_split.txt in the data set’s folder]',
      dependsOn: ['fix'],
      helpValue: 'FILE',
    }),
  };

  async run(): Promise<DatasetCheck> {
    const { args, flags } = await this.parse(DatasetCheckCommand);
    const { checkDataset } = await import('../../lib/dataset/check.js');
    const { datasetCheckText } = await import('../../lib/cli/dataset-check-text.js');
    const progress = this.progress();
    const check = await checkDataset(
      {
        dataset: args.dataset,
        split: flags.split,
        layout: flags.layout,
        networkSize: flags.size,
        fix: flags.fix ? (flags.out ?? true) : undefined,
      },
      {
        onStart: (total) => {
          progress.start(total, 'Reading');
        },
        onProgress: (done) => {
          progress.update(done);
        },
      },
      this.signal,
    ).finally(() => {
      progress.stop();
    });
    this.print(datasetCheckText(check));
    if (check.findings.some(({ severity }) => severity === 'error')) process.exitCode = EXIT.someFailed;
    return check;
  }
}
