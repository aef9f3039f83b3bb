import { Args, Flags } from '../../lib/cli/oclif.js';
import { BaseCommand } from '../../lib/cli/base-command.js';

export default class ModelsExport extends BaseCommand {
  static override summary =
    'Copy a model with its card and the thresholds in force here, to be given to others.';

  static override description =
    'The folder holds all that belongs to the model, and in thresholds.json what was fitted with "ofx validate --calibrate" for each ' +
    'input size. It is used as it is (--model FOLDER), or installed elsewhere.';

  static override examples = [
    '<%= config.bin %> models export my-model --out my-model-calibrated',
    '<%= config.bin %> models install ./my-model-calibrated',
  ];

  static override args = {
    model: Args.string({ description: 'Name or folder', required: true }),
  };

  static override flags = {
    out: Flags.string({
      char: 'o',
      description: 'Folder to write, new or empty',
      helpValue: 'FOLDER',
      required: true,
    }),
  };

  async run(): Promise<{ name: string; version: string; folder: string; files: string[]; fitted: number }> {
    const { args, flags } = await this.parse(ModelsExport);
    const { exportModel } = await import('../../lib/models/travel.js');
    const exported = await exportModel(args.model, flags.out);
    const { name, version, folder, files, fitted } = exported;
    const thresholds =
      fitted === 0 ? 'no thresholds were fitted here' : `with thresholds fitted here (${fitted})`;
    this.print(`Exported ${name} ${version} into ${folder}: ${files.length} files, ${thresholds}`);
    return exported;
  }
}
