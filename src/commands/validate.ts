import { Args } from '../lib/cli/oclif.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { pickDefined } from '../lib/cli/flags.js';
import { annotationsFor, writeGateReports, type GateReportFiles } from '../lib/cli/gate-flags.js';
import { objectiveOf, validateFlags } from '../lib/cli/validate-flags.js';
import { planSessions } from '../lib/workers/sessions.js';
import { ERROR_TABLE, EXIT } from '../lib/core/errors.js';
import type { RunRecord } from '../lib/run/record.js';
import type { RunSummary } from '../lib/run/summary.js';

export default class Validate extends BaseCommand {
  static override summary = 'Measure a model on a data set: numbers, charts and pictures.';

  static override description =
    'Writes a folder with metrics.csv (a row an image), summary.json, thresholds.csv, charts and a panel an image. Layouts ' +
    'are found by themselves: a split file, a JSON list, Tp/ and Gt/, images/ and masks/, tampered/ and authentic/.';

  static override examples = [
    '<%= config.bin %> validate ./casia1',
    '<%= config.bin %> validate ./casia1 --model ./my-model --panels worst:20 --out reports/mine',
    '<%= config.bin %> validate ./casia1 --calibrate --objective recall --max-fpr 0.01',
  ];

  static override args = {
    dataset: Args.string({ description: 'Folder of the data set, or its list', required: true }),
  };

  static override flags = validateFlags;

  async run(): Promise<RunSummary & { folder: string }> {
    const { args, flags } = await this.parse(Validate);
    const { validate } = await import('../lib/validate/validate.js');
    const { VALIDATION_SIZE } = await import('../lib/model/network.js');
    const { findModel } = await import('../lib/model/catalogue.js');
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

    const record = await validate(
      {
        ...flags,
        dataset: args.dataset,
        model: await findModel(flags.model),
        detector: {
          size: flags.size,
          usualSize: VALIDATION_SIZE,
          evidence: flags.evidence,
          ...planSessions(flags, Infinity),
        },
        panelFormat: flags['panel-format'],
        scoreAt: flags['score-at'],
        scoreThreshold: flags.threshold,
        maskThreshold: flags['mask-threshold'],
        sweepStep: flags['sweep-step'],
        calibrate: flags.calibrate ? objectiveOf(flags) : undefined,
        limits: pickDefined({ maxPixels: flags['max-pixels'] }),
        failOn,
      },
      {
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
      },
      this.signal,
    ).finally(() => {
      progress.stop();
      if (this.signal.aborted) this.note('What is done is kept: the same command with --resume takes it up.');
    });
    await this.#tellFindings(record);
    this.print(validationText(record));
    this.#tellRefusal(record);
    await this.#tellGates(record, flags);
    return { folder: record.folder, ...record.summary };
  }

  /** After the findings: a failed gate wins over images that were left out. */
  async #tellGates({ summary }: RunRecord, files: GateReportFiles): Promise<void> {
    const { runMarkdown } = await import('../lib/report/markdown.js');
    const gates = summary.gates ?? [];
    await writeGateReports('ofx validate', gates, files, () => runMarkdown(summary, gates));
    for (const { name, subject, detail, passed } of gates) {
      if (!passed) this.gateFailed(`${name} (${subject}): ${detail}`);
    }
    process.stderr.write(await annotationsFor('ofx validate', gates, summary.warnings));
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
