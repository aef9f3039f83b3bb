import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { fractionFlag, modelFlag, pickDefined, threadsFlag } from '../lib/cli/flags.js';
import { annotationsFor, gateFlags, writeGateReports, type GateReportFiles } from '../lib/cli/gate-flags.js';
import { panelFlag } from '../lib/cli/panel-flag.js';
import { usableCpus } from '../lib/cpu.js';
import { LAYOUTS } from '../lib/dataset/sample.js';
import { EXIT } from '../lib/errors.js';
import { PROTOCOLS } from '../lib/metrics/definitions.js';
import type { RunRecord } from '../lib/report/run-record.js';
import type { RunSummary } from '../lib/report/run-summary.js';

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

  static override flags = {
    model: modelFlag,
    size: Flags.integer({
      char: 's',
      description: 'Side of the network’s input',
      default: 380,
      min: 1,
      helpValue: 'PIXELS',
    }),
    split: Flags.string({
      description: 'List of samples to use, instead of the one that is found',
      helpValue: 'FILE',
    }),
    layout: Flags.option({
      description: 'Layout to read, instead of the one that is found',
      options: LAYOUTS,
    })(),
    out: Flags.string({
      char: 'o',
      description: 'Folder of the run [default: reports/<data set>-<model>-<date>]',
      helpValue: 'FOLDER',
    }),
    protocol: Flags.option({
      description: 'Whose pixel F1 is the headline; all are computed',
      options: PROTOCOLS,
      default: 'macro',
    })(),
    'score-at': Flags.option({
      description: 'Where masks are compared: at the network’s size or the image’s',
      options: ['network', 'image'] as const,
      default: 'network',
    })(),
    threshold: fractionFlag({ description: 'An image is called tampered above it [default: the model’s]' }),
    'mask-threshold': fractionFlag({
      description: 'A pixel is called tampered above it [default: the model’s]',
    }),
    'sweep-step': fractionFlag({ description: 'Step of the thresholds that are tried', default: 0.05 }),
    panels: panelFlag({ description: 'Pictures: all, none, or worst:N' }),
    charts: Flags.boolean({ description: 'Draw charts', default: true, allowNo: true }),
    limit: Flags.integer({ description: 'Use the first N samples only', min: 1, helpValue: 'N' }),
    sample: Flags.integer({
      description: 'Use N samples drawn by chance (see --seed)',
      min: 1,
      helpValue: 'N',
    }),
    seed: Flags.integer({
      description: 'Seed of --sample and of the intervals',
      default: 1,
      min: 0,
      helpValue: 'N',
    }),
    resume: Flags.boolean({ description: 'Take up an interrupted run where it stopped', default: false }),
    strict: Flags.boolean({
      description: 'A ground truth of another size than its image is an error',
      default: false,
    }),
    calibrate: Flags.boolean({
      description: 'Fit thresholds and temperature on this data set and keep them for the model',
    }),
    objective: Flags.option({
      description: 'What fitted thresholds shall reach',
      options: ['f1', 'recall'] as const,
      default: 'f1',
    })(),
    'max-fpr': fractionFlag({
      description: 'Highest false-positive rate for --objective recall',
      default: 0.05,
    }),
    threads: threadsFlag,
    concurrency: Flags.integer({
      char: 'c',
      description: 'Inferences at once, each with a copy of the model',
      default: 1,
      min: 1,
      helpValue: 'N',
    }),
    'max-pixels': Flags.integer({
      description: 'Refuse images with more pixels',
      min: 1,
      helpValue: 'PIXELS',
    }),
    robustness: Flags.boolean({
      description: 'Score everything again under JPEG, blur, noise and resizing: 20 more passes',
      default: false,
    }),
    baseline: Flags.string({
      description: 'Folder of the run that "drops" and "rises" of --fail-on look at',
      helpValue: 'RUN',
      helpGroup: 'CI',
    }),
    ...gateFlags,
  };

  async run(): Promise<RunSummary & { folder: string }> {
    const { args, flags } = await this.parse(Validate);
    const { validate } = await import('../lib/jobs/validate.js');
    const { findModel } = await import('../lib/model/catalogue.js');
    const { parseFailCondition } = await import('../lib/metrics/gates.js');
    const { validationText } = await import('../lib/cli/validation-text.js');
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
          concurrency: flags.concurrency,
          threads: flags.threads ?? Math.max(1, Math.floor(usableCpus() / flags.concurrency)),
        },
        scoreAt: flags['score-at'],
        scoreThreshold: flags.threshold,
        maskThreshold: flags['mask-threshold'],
        sweepStep: flags['sweep-step'],
        calibrate: flags.calibrate
          ? flags.objective === 'f1'
            ? { kind: 'f1' }
            : { kind: 'recall', maxFpr: flags['max-fpr'] }
          : undefined,
        limits: pickDefined({ maxPixels: flags['max-pixels'] }),
        failOn: (flags['fail-on'] ?? []).map(parseFailCondition),
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
