import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../lib/cli/base-command.js';
import { fractionFlag, modelFlag, pickDefined, threadsFlag } from '../lib/cli/flags.js';
import { PREDICTION_FORMATS, predictionOutput } from '../lib/cli/prediction-output.js';
import { usableCpus } from '../lib/cpu.js';
import { ERROR_TABLE, EXIT, type ErrorCode } from '../lib/errors.js';
import { isFailed, type PredictReport } from '../lib/jobs/predict-result.js';

export default class Predict extends BaseCommand {
  static override summary = 'Score images: manipulated or not, and where.';

  static override description =
    'Gives each image a detection score and a localisation mask. Inputs are files, folders (searched recursively), ' +
    'globs, and - for a list of paths on stdin.';

  static override examples = [
    '<%= config.bin %> predict photo.jpg --out mask.png --overlay overlay.png',
    '<%= config.bin %> predict photos/ --out masks/ --format csv > results.csv',
    'find . -name "*.jpg" | <%= config.bin %> predict - --json --fail-on tampered',
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

  static override flags = {
    out: Flags.string({
      char: 'o',
      description:
        'Binary mask, PNG 0/255 at the size of the image: a file for one input, a folder for several',
      helpValue: 'PATH',
    }),
    probability: Flags.string({
      description:
        'Probability map: .npy (float32 at the network’s size) or .png (16-bit grey at the size of the image)',
      helpValue: 'PATH',
    }),
    overlay: Flags.string({
      description: 'Heat map over the image: PNG, or JPEG where the file ends in .jpg',
      helpValue: 'PATH',
    }),
    model: modelFlag,
    size: Flags.integer({
      char: 's',
      description: 'Side of the network’s input [default: 288]',
      min: 1,
      helpValue: 'PIXELS',
    }),
    threshold: fractionFlag({ description: 'Tampered where the score is larger [default: the model’s]' }),
    'mask-threshold': fractionFlag({
      description: 'A pixel is marked where its probability is larger [default: the model’s]',
    }),
    'min-area': Flags.integer({
      description: 'Drop regions with fewer pixels',
      default: 0,
      min: 0,
      helpValue: 'PIXELS',
    }),
    threads: threadsFlag,
    concurrency: Flags.integer({
      char: 'c',
      description: 'Inferences at once, each with a copy of the model',
      default: 1,
      min: 1,
      helpValue: 'N',
    }),
    format: Flags.option({
      description: 'Shape of the results on stdout',
      options: PREDICTION_FORMATS,
      default: 'human',
    })(),
    resume: Flags.boolean({
      description: 'Skip what an earlier run with the same model and settings finished',
    }),
    'fail-on': Flags.option({
      description: 'Exit with 3 if any image is found to be this',
      options: ['tampered'] as const,
    })(),
    'max-pixels': Flags.integer({
      description: 'Refuse images with more pixels [default: 100 megapixels]',
      min: 1,
      helpValue: 'PIXELS',
    }),
  };

  /** `--json` and `--format json` are the same wish. */
  override jsonEnabled(): boolean {
    return super.jsonEnabled() || /(^| )--format[ =]json( |$)/.test(this.argv.join(' '));
  }

  async run(): Promise<PredictReport> {
    const { argv, flags } = await this.parse(Predict);
    const { predict } = await import('../lib/jobs/predict.js');
    const { findModel } = await import('../lib/model/catalogue.js');
    const progress = this.progress();
    const output = predictionOutput(this.jsonEnabled() ? 'json' : flags.format, (text) => {
      progress.above(() => process.stdout.write(text));
    });

    const report = await predict(
      {
        inputs: argv as string[],
        model: await findModel(flags.model),
        detector: {
          size: flags.size,
          concurrency: flags.concurrency,
          threads: flags.threads ?? Math.max(1, Math.floor(usableCpus() / flags.concurrency)),
        },
        destinations: pickDefined({
          mask: flags.out,
          probability: flags.probability,
          overlay: flags.overlay,
        }),
        scoreThreshold: flags.threshold,
        maskThreshold: flags['mask-threshold'],
        minArea: flags['min-area'],
        limits: pickDefined({ maxPixels: flags['max-pixels'] }),
        resume: flags.resume,
      },
      {
        onNote: (note) => {
          this.note(note);
        },
        onStart: (total, single) => {
          output.start(single);
          if (!single) progress.start(total, 'Scoring');
        },
        onResult: (result) => {
          output.result(result);
        },
        onProgress: (done) => {
          progress.update(done);
        },
      },
      this.signal,
    ).finally(() => {
      progress.stop();
    });
    output.end(report.summary);
    this.#conclude(report, flags['fail-on'] === 'tampered');
    return report;
  }

  #conclude({ results, summary }: PredictReport, failOnTampered: boolean): void {
    const failures = results.filter(isFailed);
    const [only] = failures;
    if (failOnTampered && summary.tampered > 0) {
      this.gateFailed(`${summary.tampered} of ${summary.inputs} found to be tampered (--fail-on tampered)`);
    } else if (only && results.length === 1) {
      process.exitCode = ERROR_TABLE[only.error.code as ErrorCode].exit;
      this.failure(only.error.message);
    } else if (failures.length > 0) {
      process.exitCode = EXIT.someFailed;
      for (const { image, error } of failures) this.failure(`${image}: ${error.message}`);
    }
  }
}
