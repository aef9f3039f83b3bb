import pc from 'picocolors';
import { Flags } from '../lib/cli/oclif.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { ERROR_TABLE } from '../lib/core/errors.js';
import type { Check } from '../lib/models/doctor.js';

const SIGNS = { ok: pc.green('ok     '), missing: pc.yellow('missing'), broken: pc.red('broken ') } as const;

export default class Doctor extends BaseCommand {
  static override summary = 'Say what is wrong here, and the command that fixes it.';

  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --storage s3://results/trial',
  ];

  static override flags = {
    storage: Flags.string({
      description:
        'Try instead what batch runs need of this folder or s3://bucket/prefix: create-only writes, ranges, races',
      helpValue: 'URL',
    }),
  };

  async run(): Promise<{ checks: Check[] }> {
    const { flags } = await this.parse(Doctor);
    const checks = await this.#checks(flags.storage);
    for (const { name, state, detail, fix } of checks) {
      if (this.quiet && state === 'broken') this.failure(`${name}: ${detail}`);
      this.print(`${SIGNS[state]}  ${name}: ${detail}`);
      if (fix !== undefined) this.print(`         → ${fix}`);
    }
    if (checks.some(({ state }) => state === 'broken')) process.exitCode = ERROR_TABLE.MODEL_CORRUPT.exit;
    return { checks };
  }

  async #checks(storage: string | undefined): Promise<Check[]> {
    if (storage === undefined) return (await import('../lib/models/doctor.js')).doctor();
    return (await import('../lib/batch/store/examine.js')).examineStorage(storage, this.signal);
  }
}
