import { Args } from '../lib/cli/oclif.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { OF_A_PDF, OF_A_REPORT, openCaseFile } from '../lib/cli/case-flags.js';
import { asksNetwork, OF_A_NETWORK } from '../lib/cli/flags.js';
import { predictFlags } from '../lib/cli/predict-flags.js';
import { predictRequest } from '../lib/cli/predict-request.js';
import { predictionOutput } from '../lib/cli/prediction-output.js';
import { describeSkipped, FailureList } from '../lib/cli/failure-list.js';
import { JsonDocument } from '../lib/cli/json-document.js';
import { ERROR_TABLE, EXIT, type ErrorCode } from '../lib/core/errors.js';
import type { Gate } from '../lib/gates/gate.js';
import type { PredictOutcome } from '../lib/predict/predict.js';
import { isFailed, type PredictReport, type PredictResult } from '../lib/predict/result.js';

export default class Predict extends BaseCommand {
  static override summary = 'Score images: manipulated or not, and where.';

  static override description =
    'Gives each image a detection score and a localisation mask. Inputs are files, folders (searched recursively), ' +
    'globs, and - for a list of paths on stdin.';

  static override examples = [
    '<%= config.bin %> predict photo.jpg --out mask.png --overlay overlay.png',
    '<%= config.bin %> predict photos/ --out masks/ --format csv > results.csv',
    '<%= config.bin %> predict photos/ --report case.html --case-id 4711 --examiner "A. Analyst"',
    'find . -name "*.jpg" | <%= config.bin %> predict - --json --fail-on "manipulated > 0"',
  ];

  // Inputs are variable in number: `argv` holds them all.
  static override strict = false;

  static override args = {
    input: Args.string({
      name: 'INPUT…',
      description: 'File, folder, glob, or - for paths on stdin',
      required: true,
    }),
  };

  static override flags = predictFlags;

  /** With `--json`, from the first result on. */
  #document: JsonDocument | undefined;

  /** `--json` and `--format json` are the same wish. */
  override jsonEnabled(): boolean {
    return super.jsonEnabled() || /(^| )--format[ =]json( |$)/.test(this.argv.join(' '));
  }

  /** Ends the document that holds the results, by the summary or by the error that ended the run; without one, writes all. */
  override logJson(json: Record<string, unknown>): void {
    if (this.#document === undefined) {
      super.logJson(json);
      return;
    }
    const { summary, error } = json;
    this.#document.end(error === undefined ? { summary } : { error });
  }

  async run(): Promise<Pick<PredictReport, 'summary'>> {
    const { argv, flags } = await this.parse(Predict);
    if (this.jsonEnabled() && flags.format !== 'json') this.refuseIdle(['format'], 'beside --json');
    const { predict } = await import('../lib/predict/predict.js');
    const { parsePredictConditions, predictGates } = await import('../lib/predict/gates.js');
    const conditions = parsePredictConditions(flags['fail-on'] ?? []);
    const progress = this.progress();
    const output = predictionOutput(
      this.jsonEnabled() ? 'json' : flags.format,
      (text) => {
        progress.above(() => process.stdout.write(text));
      },
      this.quiet,
    );

    const failures = new FailureList((text) => {
      progress.above(() => {
        this.failure(text);
      });
    });
    const request = await predictRequest(argv as string[], flags);
    if (flags.report === undefined) this.refuseIdle(OF_A_REPORT, 'without --report');
    else if (!/\.pdf$/i.test(flags.report)) this.refuseIdle(OF_A_PDF, 'without a report that is a PDF');
    if (this.quiet) this.refuseIdle(['verbose'], 'with --quiet');
    if (!asksNetwork(flags.evidence)) this.refuseIdle(OF_A_NETWORK, 'where no network is asked');
    const keeper = await openCaseFile(flags, request.inputs, this.signal);
    const outcome = await predict(
      { ...request, keeper },
      {
        onNote: (note) => {
          this.note(note);
        },
        onSkipped: (file, reason) => {
          if (flags.verbose)
            progress.above(() => {
              this.note(describeSkipped(file, reason));
            });
        },
        onStart: (single) => {
          output.start(single);
          if (!single) progress.start(0, 'Scoring');
        },
        onResult: (result) => {
          output.result(result);
          if (this.jsonEnabled()) this.#addToDocument(result);
          if (isFailed(result)) failures.add(result);
        },
        onWindow: (done, total) => {
          if (done === 1) progress.start(total, 'Windows');
          progress.update(done, total);
          if (done === total) progress.stop();
        },
        onProgress: (done, found, isTotal) => {
          progress.update(done, found, isTotal);
        },
      },
      this.signal,
    ).finally(async () => {
      progress.stop();
      await keeper?.close();
    });
    // What was written last may have failed after the work was done.
    this.signal.throwIfAborted();
    output.end(outcome.summary);
    if (keeper) this.note(`report: ${keeper.files.join(', ')}`);
    this.#conclude(outcome, failures, predictGates(conditions, outcome.summary));
    return { summary: outcome.summary };
  }

  #addToDocument(result: PredictResult): void {
    this.#document ??= new JsonDocument(
      { head: this.toSuccessJson({}) as Record<string, unknown>, list: 'results' },
      (text) => process.stdout.write(text),
    );
    this.#document.add(result);
  }

  #conclude({ summary, onlyFailure }: PredictOutcome, failures: FailureList, gates: readonly Gate[]): void {
    if (summary.failed > 0) {
      process.exitCode = onlyFailure
        ? ERROR_TABLE[onlyFailure.error.code as ErrorCode].exit
        : EXIT.someFailed;
    }
    // What was seen has its result, but not all was seen.
    else if (summary.unseenPictures) process.exitCode = EXIT.someFailed;
    for (const suggestion of failures.tell()) process.stderr.write(`${suggestion}\n`);
    // A gate wins over failures: what was found stands, whatever could not be looked at.
    for (const { name, passed, detail } of gates) if (!passed) this.gateFailed(`${name}: ${detail}`);
  }
}
