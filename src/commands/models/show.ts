import { Args, Flags } from '../../lib/cli/oclif.js';
import { BaseCommand } from '../../lib/cli/base-command.js';
import type { ShownModel } from '../../lib/models/result.js';

export default class ModelsShow extends BaseCommand {
  static override summary = 'Show a model: where it comes from, its files, and the thresholds in force.';

  static override args = {
    model: Args.string({ description: 'Name or folder [default: the default model]' }),
  };

  static override flags = {
    card: Flags.boolean({
      description: 'Print its card: how good it is, on what it was tested, and where it must not be trusted',
    }),
  };

  async run(): Promise<ShownModel> {
    const { args, flags } = await this.parse(ModelsShow);
    const { modelWithCard, shownModel } = await import('../../lib/models/models.js');
    const { DEFAULT_MODEL } = await import('../../lib/model/catalogue.js');
    const { modelText } = await import('../../lib/cli/model-text.js');
    if (flags.card) {
      const shown = await modelWithCard(args.model ?? DEFAULT_MODEL);
      this.print(shown.card.trimEnd());
      return shown;
    }
    const shown = await shownModel(args.model ?? DEFAULT_MODEL);
    this.print(modelText(shown));
    return shown;
  }
}
