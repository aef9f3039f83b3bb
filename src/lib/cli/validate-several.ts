import { OfxError } from '../core/errors.js';
import type { Condition } from '../gates/condition.js';
import type { Suite } from '../run/suite.js';
import type { Variants } from '../run/variants.js';
import type { SuiteEntry } from '../validate/suite-list.js';
import { ValidateBase } from './validate-base.js';
import type { ValidateFlags } from './validate-request.js';

/** Several runs in one call, side by side: of data sets, or of sizes and precisions. */
export abstract class ValidateSeveral extends ValidateBase {
  /** Several data sets, each with its own run, and all side by side. */
  protected async suite(
    entries: readonly SuiteEntry[],
    flags: ValidateFlags,
    failOn: Condition[],
    hasVariants: boolean,
  ): Promise<Suite> {
    const alone = 'with several data sets: name one of them alone';
    this.refuseIdle(['calibrate', 'calibrate-on', 'fit-fusion', 'from', 'scores', 'layout'], alone);
    if (hasVariants) throw new OfxError('USAGE', `Several sizes or precisions cannot be given ${alone}.`);
    const { validateRequest } = await import('./validate-request.js');
    const { validateSuite } = await import('../validate/suite.js');
    const { suiteMarkdown, suiteText } = await import('./suite-text.js');
    const events = this.events();
    const request = await validateRequest(entries[0]!.dataset, flags, failOn);
    const work = validateSuite(entries, request, (one) => this.measure(one, flags, events), {
      ...events,
      onDataset: (name, index, total) => {
        this.note(`${name} (${index + 1} of ${total})`);
      },
      onRun: async (_, record) => {
        if (!record) return;
        await this.tellFindings(record);
        await this.logRun(record.folder, record.summary, flags.log);
      },
    });
    const suite = await this.finished(work);
    this.print(suiteText(suite));
    await this.tellGates(suite.gates, flags, () => suiteMarkdown(suite));
    return suite;
  }

  /** Several sizes and precisions, accuracy against latency. */
  protected async variants(dataset: string, flags: ValidateFlags, failOn: Condition[]): Promise<Variants> {
    this.refuseIdle(
      ['calibrate', 'calibrate-on', 'tile', 'mirror', 'thresholds'],
      'with several sizes or precisions: name one of them alone',
    );
    const { validateRequest } = await import('./validate-request.js');
    const { validateVariants } = await import('../validate/variants.js');
    const { variantsMarkdown, variantsText } = await import('./variants-text.js');
    const { parseDuration } = await import('./duration.js');
    const events = this.events();
    const { 'max-latency': budget, threads, size, precision } = flags;
    const work = validateVariants(
      { sizes: size ?? [undefined], precisions: precision ?? [undefined] },
      await validateRequest(dataset, flags, failOn),
      { threads, ...(budget !== undefined && { maxLatencyMs: parseDuration(budget, '--max-latency') }) },
      (one) => this.measure(one, flags, events),
      {
        ...events,
        onVariant: (name, index, total) => {
          this.note(`${name} (${index + 1} of ${total})`);
        },
        onRun: async (_, record) => {
          if (!record) return;
          await this.tellFindings(record);
          await this.logRun(record.folder, record.summary, flags.log);
        },
        onLatency: (steps) => {
          this.note('latency');
          this.showSteps(steps, 'Measuring latency');
        },
      },
      this.signal,
    );
    const variants = await this.finished(work);
    for (const warning of variants.warnings) this.warning(warning);
    this.print(variantsText(variants));
    await this.tellGates(variants.gates, flags, () => variantsMarkdown(variants), variants.warnings);
    return variants;
  }
}
