import { Args, Flags } from '../../lib/cli/oclif.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { usableCpus } from '../../lib/core/cpu.js';

export default class ModelsInstall extends BaseCommand {
  static override summary = 'Copy a model into your data folder, so that its name is enough to use it.';

  static override examples = [
    '<%= config.bin %> models install ./my-model',
    '<%= config.bin %> predict photo.jpg --model my-model',
  ];

  static override args = {
    folder: Args.string({
      description: 'Folder with a model.json, as "ofx convert" makes it',
      required: true,
    }),
  };

  static override flags = {
    name: Flags.string({ description: 'Name to install it under [default: its own]', helpValue: 'NAME' }),
    force: Flags.boolean({ description: 'Replace an installed model of this name' }),
  };

  async run(): Promise<{ name: string; version: string; folder: string }> {
    const { args, flags } = await this.parse(ModelsInstall);
    const { installModel } = await import('../../lib/models/models.js');
    const installed = await installModel(args.folder, {
      name: flags.name,
      replace: flags.force,
      threads: usableCpus(),
    });
    this.print(`Installed ${installed.name} ${installed.version} into ${installed.folder}`);
    return installed;
  }
}
