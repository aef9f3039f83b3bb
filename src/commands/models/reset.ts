import { Args } from '../../lib/cli/oclif.js';
import { BaseCommand } from '../../lib/cli/base-command.js';

export default class ModelsReset extends BaseCommand {
  static override summary =
    'Take away the thresholds that you fitted for a model: its own are in force again.';

  static override args = {
    model: Args.string({ description: 'Name or folder', required: true }),
  };

  async run(): Promise<{ name: string; removed: string[] }> {
    const { args } = await this.parse(ModelsReset);
    const { resetModel } = await import('../../lib/models/travel.js');
    const { name, removed } = await resetModel(args.model);
    this.print(
      removed.length === 0
        ? `No thresholds were fitted for ${name} here; its own are in force.`
        : [`${name} has its own thresholds again. Removed:`, ...removed.map((file) => `  ${file}`)].join(
            '\n',
          ),
    );
    return { name, removed };
  }
}
