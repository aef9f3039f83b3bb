import { BaseCommand } from '../../lib/cli/base-command.js';
import { plainTable } from '../../lib/cli/table.js';
import type { ListedModel } from '../../lib/models/result.js';

export default class ModelsList extends BaseCommand {
  static override summary = 'List shipped and installed models.';

  async run(): Promise<{ models: ListedModel[] }> {
    await this.parse(ModelsList);
    const { listedModels } = await import('../../lib/models/models.js');
    const models = await listedModels();
    const rows = models.map(({ name, version, variants, licence, isDefault, folder }) => [
      `${name}${isDefault ? ' (default)' : ''}`,
      version,
      variants.map(({ inputSize, precision }) => `${inputSize} ${precision}`).join(', '),
      `${(variants.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(1)} MB`,
      licence ?? '–',
      folder,
    ]);
    this.print(plainTable(['name', 'version', 'sizes', 'bytes', 'licence', 'folder'], rows));
    return { models };
  }
}
