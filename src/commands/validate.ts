import { Args } from '../lib/cli/oclif.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { annotationsFor, writeGateReports, type GateReportFiles } from '../lib/cli/gate-flags.js';
import { OF_A_MODEL, OF_A_RUN, objectiveOf, validateFlags } from '../lib/cli/validate-flags.js';
import type { ValidateFlags as Flags } from '../lib/cli/validate-request.js';
import { ERROR_TABLE, EXIT, OfxError } from '../lib/core/errors.js';
import type { Condition } from '../lib/gates/condition.js';
import type { Gate } from '../lib/gates/gate.js';
import type { ValidateEvents, ValidateRequest } from '../lib/validate/request.js';
import type { SuiteEntry } from '../lib/validate/suite-list.js';
import type { Suite } from '../lib/run/suite.js';
import type { RunRecord } from '../lib/run/record.js';
import type { RunSummary } from '../lib/run/summary.js';

export default class Validate extends BaseCommand {
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

  async run(): Promise<(RunSummary & { folder: string }) | Suite> {
    const { argv, flags } = await this.parse(Validate);
    const { parseMetricCondition } = await import('../lib/run/metric-gates.js');
    const { needsBaseline } = await import('../lib/gates/condition.js');
    const { validationText } = await import('../lib/cli/validation-text.js');
    const failOn = (flags['fail-on'] ?? []).map(parseMetricCondition);
    if (!failOn.some(needsBaseline))
      this.refuseIdle(['baseline'], 'where no --fail-on says "drops" or "rises"');
    if (flags.panels === 'none') this.refuseIdle(['panel-format', 'masks'], 'with --panels none');
    const progress = this.progress();
    // Images of an earlier session would spoil rate and time left.
    let takenOver = 0;
    const events: ValidateEvents = {
      onNote: (note) => {
        this.note(note);
      },
      onStart: (total, done) => {
        takenOver = done;
        progress.start(total - done, done > 0 ? 'Validating the rest' : 'Validating');
      },
      onProgress: (done) => {
        progress.update(done - takenOver);
      },
      onReport: () => {
        progress.stop();
      },
    };
    const finished = <T>(work: Promise<T>): Promise<T> =>
      work.finally(() => {
        progress.stop();
        if (this.signal.aborted)
          this.note('What is done is kept: the same command with --resume takes it up.');
      });
    const names = argv as string[];
    const { readSuite } = await import('../lib/validate/suite-list.js');
    const entries = flags.from === undefined ? await readSuite(names) : undefined;
    if (entries) return finished(this.#suite(entries, flags, failOn, events));
    if (flags.from === undefined && names[0] === undefined) throw noDataset();
    const record = await finished(
      flags.from === undefined
        ? this.#validate(names[0]!, flags, failOn, events)
        : this.#remeasure(flags.from, names[0], flags, failOn, events),
    );
    await this.#tellFindings(record);
    this.print(validationText(record));
    this.#tellRefusal(record);
    const { summary } = record;
    const { gates = [], warnings } = summary;
    const { runMarkdown } = await import('../lib/report/markdown.js');
    await this.#tellGates(gates, flags, () => runMarkdown(summary, gates), warnings);
    return { folder: record.folder, ...summary };
  }

  async #validate(
    dataset: string,
    flags: Flags,
    failOn: Condition[],
    events: ValidateEvents,
  ): Promise<RunRecord> {
    this.#refuseIdle(flags);
    const { validateRequest } = await import('../lib/cli/validate-request.js');
    return this.#measure(await validateRequest(dataset, flags, failOn), flags, events);
  }

  async #measure(request: ValidateRequest, flags: Flags, events: ValidateEvents): Promise<RunRecord> {
    const on = flags['calibrate-on'];
    if (on === undefined) {
      const { validate } = await import('../lib/validate/validate.js');
      return validate(request, events, this.signal);
    }
    const { validateCalibrated } = await import('../lib/validate/calibrate-on.js');
    return validateCalibrated(request, on, objectiveOf(flags), events, this.signal);
  }

  #refuseIdle(flags: Flags): void {
    if (flags.predictions !== undefined) this.refuseIdle(OF_A_MODEL, 'with --predictions');
    if (!flags.calibrate && flags['calibrate-on'] === undefined)
      this.refuseIdle(['into', 'objective', 'max-fpr'], 'without --calibrate or --calibrate-on');
  }

  /** Several data sets, each with its own run, and all side by side. */
  async #suite(
    entries: readonly SuiteEntry[],
    flags: Flags,
    failOn: Condition[],
    events: ValidateEvents,
  ): Promise<Suite> {
    this.#refuseIdle(flags);
    this.refuseIdle(
      ['calibrate', 'calibrate-on', 'from', 'scores', 'layout'],
      'with several data sets: name one of them alone',
    );
    const { validateRequest } = await import('../lib/cli/validate-request.js');
    const { validateSuite } = await import('../lib/validate/suite.js');
    const { suiteMarkdown, suiteText } = await import('../lib/cli/suite-text.js');
    const request = await validateRequest(entries[0]!.dataset, flags, failOn);
    const suite = await validateSuite(entries, request, (one) => this.#measure(one, flags, events), {
      ...events,
      onDataset: (name, index, total) => {
        this.note(`${name} (${index + 1} of ${total})`);
      },
      onRun: async (_, record) => {
        if (record) await this.#tellFindings(record);
      },
    });
    this.print(suiteText(suite));
    await this.#tellGates(suite.gates, flags, () => suiteMarkdown(suite));
    return suite;
  }

  async #remeasure(
    from: string,
    dataset: string | undefined,
    flags: Flags,
    failOn: Condition[],
    events: ValidateEvents,
  ): Promise<RunRecord> {
    this.refuseIdle(OF_A_RUN, 'with --from: the run has seen its images');
    const { remeasure } = await import('../lib/validate/remeasure.js');
    const { remeasureRequest } = await import('../lib/cli/validate-request.js');
    const given = <T>(name: string, value: T): T | undefined => this.ifGiven(name, value);
    return remeasure(remeasureRequest(from, dataset, flags, failOn, given), events, this.signal);
  }

  /** After the findings: a failed gate wins over images that were left out. */
  async #tellGates(
    gates: readonly Gate[],
    files: GateReportFiles,
    markdown: () => string,
    warnings: readonly string[] = [],
  ): Promise<void> {
    await writeGateReports('ofx validate', gates, files, markdown);
    for (const { name, subject, detail, passed } of gates)
      if (!passed) this.gateFailed(`${name} (${subject}): ${detail}`);
    process.stderr.write(await annotationsFor('ofx validate', gates, warnings));
  }

  /** The run stands, and what else was asked for could not be done. */
  #tellRefusal({ summary: { calibrationRefused } }: RunRecord): void {
    if (calibrationRefused === undefined) return;
    this.failure(`--calibrate kept no thresholds: ${calibrationRefused}.`);
    process.exitCode = ERROR_TABLE.DATASET_INVALID.exit;
  }

  async #tellFindings({ summary }: RunRecord): Promise<void> {
    const { findingLines } = await import('../lib/cli/validation-text.js');
    for (const line of findingLines(summary.dataset.findings)) this.note(line);
    for (const warning of summary.warnings) this.warning(warning);
    for (const { image, message } of summary.failed) this.failure(`${image}: ${message}`);
    const missing = summary.dataset.findings.some(({ code }) => code === 'missing-mask');
    if (summary.failed.length > 0 || summary.dataset.leftOut > 0 || missing)
      process.exitCode = EXIT.someFailed;
  }
}

function noDataset(): OfxError {
  return new OfxError('USAGE', 'There is no data set to validate on.', {
    suggestion:
      'Name its folder or its list, e.g. ofx validate ./casia1; docs/datasets.md shows the layouts.',
  });
}
