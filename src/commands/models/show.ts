import { Args } from '../../lib/cli/oclif.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { ShownModel } from '../../lib/models/result.js';

export default class ModelsShow extends BaseCommand {
  static override summary = 'Show a model: where it comes from, its files, and the thresholds in force.';

  static override args = {
    model: Args.string({ description: 'Name or folder [default: the default model]' }),
  };

  async run(): Promise<ShownModel> {
    const { args } = await this.parse(ModelsShow);
    const { shownModel } = await import('../../lib/models/models.js');
    const { DEFAULT_MODEL } = await import('../../lib/model/catalogue.js');
    const { modelText } = await import('../../lib/cli/model-text.js');
    const shown = await shownModel(args.model ?? DEFAULT_MODEL);
    this.print(modelText(shown));
    return shown;
  }
}
