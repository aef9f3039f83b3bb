import { ERROR_TABLE, EXIT } from '../core/errors.js';
import type { Gate } from '../gates/gate.js';
import type { RunRecord } from '../run/record.js';
import type { ValidateEvents, ValidateRequest } from '../validate/request.js';
import { BaseCommand } from './base-command.js';
import { annotationsFor, writeGateReports, type GateReportFiles } from './gate-flags.js';
import type { Progress } from './progress.js';
import { objectiveOf } from './validate-flags.js';
import type { ValidateFlags } from './validate-request.js';

/** What one run, several data sets and several variants have in common: how they are measured, and what is told. */
export abstract class ValidateBase extends BaseCommand {
  #bar: Progress | undefined;

  /** Progress and notes; images of an earlier session would spoil rate and time left. */
  protected events(): ValidateEvents {
    let takenOver = 0;
    return {
      onNote: (note) => {
        this.note(note);
      },
      onStart: (total, done) => {
        takenOver = done;
        this.bar.start(total - done, done > 0 ? 'Validating the rest' : 'Validating');
      },
      onProgress: (done) => {
        this.bar.update(done - takenOver);
      },
      onReport: () => {
        this.bar.stop();
      },
    };
  }

  /** Made when it is asked for: settings are read after the command is made. */
  private get bar(): Progress {
    return (this.#bar ??= this.progress());
  }

  /** Work under a progress bar, which says how to go on where it is stopped. */
  protected finished<T>(work: Promise<T>): Promise<T> {
    return work.finally(() => {
      this.bar.stop();
      if (this.signal.aborted) this.note('What is done is kept: the same command with --resume takes it up.');
    });
  }

  /** A bar for other steps than images. */
  protected showSteps(steps: number, what: string): void {
    this.bar.start(steps, what);
  }

  /** Measures one data set with one network, and fits thresholds on another first where that is asked for. */
  protected async measure(
    request: ValidateRequest,
    flags: ValidateFlags,
    events: ValidateEvents,
  ): Promise<RunRecord> {
    const on = flags['calibrate-on'];
    if (on === undefined) {
      const { validate } = await import('../validate/validate.js');
      return validate(request, events, this.signal);
    }
    const { validateCalibrated } = await import('../validate/calibrate-on.js');
    return validateCalibrated(request, on, objectiveOf(flags), events, this.signal);
  }

  /** After the findings: a failed gate wins over images that were left out. */
  protected async tellGates(
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
  protected tellRefusal({ summary: { calibrationRefused } }: RunRecord): void {
    if (calibrationRefused === undefined) return;
    this.failure(`--calibrate kept no thresholds: ${calibrationRefused}.`);
    process.exitCode = ERROR_TABLE.DATASET_INVALID.exit;
  }

  protected async tellFindings({ summary }: RunRecord): Promise<void> {
    const { findingLines } = await import('./validation-text.js');
    for (const line of findingLines(summary.dataset.findings)) this.note(line);
    for (const warning of summary.warnings) this.warning(warning);
    for (const { image, message } of summary.failed) this.failure(`${image}: ${message}`);
    const missing = summary.dataset.findings.some(({ code }) => code === 'missing-mask');
    if (summary.failed.length > 0 || summary.dataset.leftOut > 0 || missing)
      process.exitCode = EXIT.someFailed;
  }
}
