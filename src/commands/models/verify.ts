import { Args } from '../../lib/cli/oclif.js';
import pc from 'picocolors';
import { BaseCommand } from '../../lib/cli/base-command.js';
import { usableCpus } from '../../lib/core/cpu.js';
import { ERROR_TABLE } from '../../lib/core/errors.js';
import type { VerifiedVariant } from '../../lib/models/result.js';

export default class ModelsVerify extends BaseCommand {
  static override summary = 'Check the files of models: their hashes, and that they load and run.';

  static override strict = false;

  static override args = {
    model: Args.string({ description: 'Names or folders [default: all models]' }),
  };

  async run(): Promise<{ variants: VerifiedVariant[] }> {
    const { argv } = await this.parse(ModelsVerify);
    const { variantName, verifyModels } = await import('../../lib/models/models.js');
    const variants = await verifyModels(argv as string[], usableCpus());
    for (const variant of variants) {
      const { file, ok, problem } = variant;
      this.print(`${ok ? `${pc.green('ok')} ` : pc.red('bad')}  ${file} (${variantName(variant, variants)})`);
      if (!ok) this.failure(problem ?? file);
    }
    if (variants.some(({ ok }) => !ok)) process.exitCode = ERROR_TABLE.MODEL_CORRUPT.exit;
    return { variants };
  }
}
