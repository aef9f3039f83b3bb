import { Args } from '../lib/cli/oclif.js';
import { asksNetwork, OF_A_NETWORK } from '../lib/cli/flags.js';
import { OF_A_MODEL, OF_A_RUN, validateFlags } from '../lib/cli/validate-flags.js';
import { ValidateSeveral } from '../lib/cli/validate-several.js';
import type { ValidateFlags as Flags } from '../lib/cli/validate-request.js';
import { OfxError } from '../lib/core/errors.js';
import type { Condition } from '../lib/gates/condition.js';
import type { Suite } from '../lib/run/suite.js';
import type { RunRecord } from '../lib/run/record.js';
import type { RunSummary } from '../lib/run/summary.js';
import type { Variants } from '../lib/run/variants.js';

export default class Validate extends ValidateSeveral {
  static override summary = 'Measure a model on a data set: metrics, charts and panels.';

  static override description =
    'Writes a folder with metrics.csv (a row an image), summary.json, thresholds.csv, charts and a panel an image. Layouts ' +
    'are found by themselves: a split file, a JSON list, Tp/ and Gt/, images/ and masks/, tampered/ and authentic/.';

  static override examples = [
    '<%= config.bin %> validate ./casia1',
    '<%= config.bin %> validate ./casia1 --model ./my-model --panels worst:20 --out reports/mine',
    '<%= config.bin %> validate ./casia1 --calibrate --objective recall --max-fpr 0.01',
    '<%= config.bin %> validate ./casia1 --predictions trufor-output/',
    '<%= config.bin %> validate ./casia1 ./imd2020 ./columbia --out reports/all',
    '<%= config.bin %> validate ./casia1 --size 224,288,380 --max-latency 300ms',
    '<%= config.bin %> validate --from reports/mine --mask-threshold 0.3',
  ];

  static override args = {
    dataset: Args.string({
      description:
        'Folder of the data set, or its list; several, or a YAML or JSON file that lists them; none with --from',
    }),
  };

  /** Several data sets. */
  static override strict = false;

  static override flags = validateFlags;

  /** `--robustness` alone means all distortions; words of them may follow it. */
  override async init(): Promise<void> {
    const at = this.argv.indexOf('--robustness');
    if (at !== -1) {
      const { saysDistortions } = await import('../lib/validate/distortions.js');
      const end = this.argv.findIndex((word, index) => index > at && !saysDistortions(word));
      const words = this.argv.slice(at + 1, end === -1 ? undefined : end);
      const given = (words.length > 0 ? words : ['all']).map((word) => `--robustness=${word}`);
      this.argv.splice(at, 1 + words.length, ...given);
    }
    await super.init();
  }

  async run(): Promise<(RunSummary & { folder: string }) | Suite | Variants> {
    const { argv, flags } = await this.parse(Validate);
    const { parseMetricCondition } = await import('../lib/run/metric-gates.js');
    const { needsBaseline } = await import('../lib/gates/condition.js');
    const failOn = (flags['fail-on'] ?? []).map(parseMetricCondition);
    if (!failOn.some(needsBaseline))
      this.refuseIdle(['baseline'], 'where no --fail-on says "drops" or "rises"');
    if (flags.panels === 'none') this.refuseIdle(['panel-format', 'masks'], 'with --panels none');
    for (const tracker of flags.log ?? [])
      await (await import('../lib/tracking/log.js')).parseTracker(tracker);
    const names = argv as string[];
    if (!asksNetwork(flags.evidence)) this.refuseIdle(OF_A_NETWORK, 'where no network is asked');
    if (!flags.calibrate && flags['calibrate-on'] === undefined)
      this.refuseIdle(
        ['into', 'objective', 'max-fpr', 'fit-fusion'],
        'without --calibrate or --calibrate-on',
      );
    const hasVariants = [flags.size, flags.precision].some((list) => (list?.length ?? 1) > 1);
    if (!hasVariants) this.refuseIdle(['max-latency'], 'without several sizes or precisions');
    if (flags.from !== undefined)
      return this.#tellRun(await this.#remeasure(flags.from, names[0], flags, failOn), flags);
    if (flags.predictions !== undefined) this.refuseIdle(OF_A_MODEL, 'with --predictions');
    const { readSuite } = await import('../lib/validate/suite-list.js');
    const entries = await readSuite(names);
    if (entries) return this.suite(entries, flags, failOn, hasVariants);
    if (names[0] === undefined) throw noDataset();
    if (hasVariants) return this.variants(names[0], flags, failOn);
    const { validateRequest } = await import('../lib/cli/validate-request.js');
    const request = await validateRequest(names[0], flags, failOn);
    return this.#tellRun(await this.finished(this.measure(request, flags, this.events())), flags);
  }

  async #tellRun(record: RunRecord, flags: Flags): Promise<RunSummary & { folder: string }> {
    const { validationText } = await import('../lib/cli/validation-text.js');
    const { runMarkdown } = await import('../lib/report/markdown.js');
    const { summary } = record;
    const { gates = [], warnings } = summary;
    await this.tellFindings(record);
    this.print(validationText(record));
    this.tellRefusal(record);
    await this.logRun(record.folder, summary, flags.log);
    await this.tellGates(gates, flags, () => runMarkdown(summary, gates), warnings);
    return { folder: record.folder, ...summary };
  }

  async #remeasure(
    from: string,
    dataset: string | undefined,
    flags: Flags,
    failOn: Condition[],
  ): Promise<RunRecord> {
    this.refuseIdle(OF_A_RUN, 'with --from: the run has seen its images');
    const { remeasure } = await import('../lib/validate/remeasure.js');
    const { remeasureRequest } = await import('../lib/cli/validate-request.js');
    const given = <T>(name: string, value: T): T | undefined => this.ifGiven(name, value);
    const request = remeasureRequest(from, dataset, flags, failOn, given);
    return this.finished(remeasure(request, this.events(), this.signal));
  }
}

function noDataset(): OfxError {
  return new OfxError('USAGE', 'There is no data set to validate on.', {
    suggestion:
      'Name its folder or its list, e.g. ofx validate ./casia1; docs/datasets.md shows the layouts.',
  });
}
