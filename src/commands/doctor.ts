import pc from 'picocolors';
import { BaseCommand } from '../lib/cli/base-command.js';
import { ERROR_TABLE } from '../lib/core/errors.js';
import type { Check } from '../lib/models/doctor.js';

const SIGNS = { ok: pc.green('ok     '), missing: pc.yellow('missing'), broken: pc.red('broken ') } as const;

export default class Doctor extends BaseCommand {
  static override summary = 'Say what is wrong here, and the command that fixes it.';

  async run(): Promise<{ checks: Check[] }> {
    await this.parse(Doctor);
    const { doctor } = await import('../lib/models/doctor.js');
    const checks = await doctor();
    for (const { name, state, detail, fix } of checks) {
      if (this.quiet && state === 'broken') this.failure(`${name}: ${detail}`);
      this.print(`${SIGNS[state]}  ${name}: ${detail}`);
      if (fix !== undefined) this.print(`         → ${fix}`);
    }
    if (checks.some(({ state }) => state === 'broken')) process.exitCode = ERROR_TABLE.MODEL_CORRUPT.exit;
    return { checks };
  }
}
