import { Args, Flags } from '../lib/cli/oclif.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { precisionFlags, precisionRequest } from '../lib/cli/precision-flags.js';
import { threadsFlag } from '../lib/cli/flags.js';
import { sizesFlag } from '../lib/cli/size-flag.js';
import { toleranceFlag } from '../lib/cli/tolerance-flag.js';
import { usableCpus } from '../lib/core/cpu.js';
import { OfxError } from '../lib/core/errors.js';
import { FITS } from '../lib/model/manifest.js';
import type { ConvertReport, SetupReport } from '../lib/convert/result.js';

export default class Convert extends BaseCommand {
  static override summary = 'Make a model of a PyTorch checkpoint.';

  static override description =
    'Reads a checkpoint of ObjectFormer (or of ofx’s own networks), exports it to ONNX at fixed sizes, and compares ' +
    'every file with PyTorch in the runtime that ships. A file passes where it is within 1e-5 of PyTorch in float64, or no ' +
    'farther from it than twice PyTorch’s own float32 results; others are not written.';

  static override examples = [
    '<%= config.bin %> convert ckpt_epoch_00031.pyth --out my-model',
    '<%= config.bin %> convert ckpt_epoch_00031.pyth --out my-model --precision fp32,int8 --validate ./casia1',
    '<%= config.bin %> convert weights.safetensors --out my-model --size 512 --setup',
    '<%= config.bin %> convert --setup',
  ];

  static override args = {
    checkpoint: Args.string({ description: 'Training file (.pyth), state dict (.pth, .pt) or .safetensors' }),
  };

  static override flags = {
    out: Flags.string({ char: 'o', description: 'The model’s folder, to be made', helpValue: 'FOLDER' }),
    size: sizesFlag('288,380'),
    fit: Flags.option({
      options: FITS,
      description:
        'How photos are brought to the network: stretched to squares, or free, in their own shape, with the area of the square ' +
        '[default: stretch]',
    })(),
    name: Flags.string({ description: 'The model’s name [default: the folder’s]', helpValue: 'NAME' }),
    weights: Flags.string({
      description:
        'Which network, where the checkpoint holds several: an entry or a prefix of names, e.g. ema',
      helpValue: 'NAME',
    }),
    ...precisionFlags,
    force: Flags.boolean({
      description: 'Replace the folder if it is a model already, and keep precisions that lose too much',
    }),
    python: Flags.string({
      description: 'Python interpreter [default: the active virtual environment, then ofx’s own]',
      helpValue: 'FILE',
    }),
    setup: Flags.boolean({ description: 'First make ofx’s own Python environment, unless it is there' }),
    'torch-index': Flags.string({
      description:
        'With --setup: where pip finds torch, e.g. https://download.pytorch.org/whl/cpu for the CPU build',
      dependsOn: ['setup'],
      helpValue: 'URL',
    }),
    tolerance: toleranceFlag,
    threads: threadsFlag,
  };

  async run(): Promise<ConvertReport | SetupReport> {
    const { args, flags } = await this.parse(Convert);
    if (args.checkpoint === undefined && flags.setup) {
      this.refuseIdle(
        [
          'out',
          'size',
          'fit',
          'name',
          'weights',
          'force',
          'threads',
          'tolerance',
          ...Object.keys(precisionFlags),
        ],
        'without a checkpoint',
      );
    }
    const python = flags.setup ? await this.#setUp(flags.python, flags['torch-index']) : flags.python;
    if (args.checkpoint === undefined && python !== undefined && flags.setup) return { python };
    if (args.checkpoint === undefined || flags.out === undefined) {
      throw new OfxError(
        'USAGE',
        args.checkpoint === undefined ? 'Which checkpoint?' : 'Where to? --out is missing.',
        {
          suggestion: 'For example: ofx convert checkpoint.pyth --out my-model',
        },
      );
    }

    const { convert, DEFAULT_SIZES } = await import('../lib/convert/convert.js');
    const { convertText } = await import('../lib/cli/convert-text.js');
    const progress = this.progress();
    try {
      const report = await convert(
        {
          checkpoint: args.checkpoint,
          out: flags.out,
          sizes: flags.size ?? DEFAULT_SIZES,
          fit: flags.fit,
          name: flags.name,
          python,
          weights: flags.weights,
          tolerance: flags.tolerance,
          threads: flags.threads ?? usableCpus(),
          force: flags.force,
          ...precisionRequest(flags),
        },
        {
          onWarning: (warning) => {
            progress.above(() => {
              this.warning(warning);
            });
          },
          onStart: (total) => {
            progress.start(total, 'Converting');
          },
          onProgress: (done, total) => {
            progress.update(done, total);
          },
        },
        this.signal,
      );
      progress.stop();
      this.print(convertText(report));
      return report;
    } finally {
      progress.stop();
    }
  }

  async #setUp(python: string | undefined, torchIndex: string | undefined): Promise<string> {
    const { setUpPython } = await import('../lib/python/environment.js');
    const { executable } = await setUpPython({
      python,
      torchIndex,
      onStep: (step) => {
        this.note(`${step} …`);
      },
      signal: this.signal,
    });
    this.note(`Python is ready: ${executable}`);
    return executable;
  }
}
