import { Args } from '../lib/cli/oclif.js';
import { BaseCommand } from '../lib/cli/base-command.js';
import { convertFlags, OF_CHECKPOINTS, OF_MAKING, OF_MAKING_ALONE } from '../lib/cli/convert-flags.js';
import { convertRequest, inspectRequest } from '../lib/cli/convert-request.js';
import type { ConvertReport, PrecisionsReport, SetupReport } from '../lib/convert/result.js';
import type { InspectRequest } from '../lib/convert/inspect.js';
import type { Inspection } from '../lib/python/inspection.js';

export default class Convert extends BaseCommand {
  static override summary = 'Make a model of a PyTorch checkpoint, or more precisions of a model.';

  static override description =
    'Reads a checkpoint of ObjectFormer (or of ofx’s own networks), exports it to ONNX at fixed sizes, and compares ' +
    'every file with PyTorch in the runtime that ships. A file passes where it is within 1e-5 of PyTorch in float64, or no ' +
    'farther from it than twice PyTorch’s own float32 results; others are not written. Of the folder of a model it makes the ' +
    'same in more precisions.';

  static override examples = [
    '<%= config.bin %> convert ckpt_epoch_00031.pyth --out my-model',
    '<%= config.bin %> convert ckpt_epoch_00031.pyth --out my-model --precision fp32,int8 --validate ./casia1',
    '<%= config.bin %> convert ./my-model --out ./my-model --force --precision int8 --calibration photos/',
    '<%= config.bin %> convert weights.safetensors --out my-model --size 512 --setup',
    '<%= config.bin %> convert ckpt_epoch_00031.pyth --inspect',
    '<%= config.bin %> convert weights.pth --arch net.py:build --trust-code --out my-model',
    '<%= config.bin %> convert --setup',
  ];

  static override args = {
    checkpoint: Args.string({
      description:
        'Training file (.pyth), state dict (.pth, .pt) or .safetensors; or the folder of a model, for --precision',
    }),
  };

  static override flags = convertFlags;

  async run(): Promise<ConvertReport | PrecisionsReport | Inspection | SetupReport> {
    const { args, flags } = await this.parse(Convert);
    const { checkpoint } = args;
    if (checkpoint === undefined && flags.setup)
      this.refuseIdle([...OF_MAKING, 'inspect'], 'without a checkpoint');
    const python = flags.setup ? await this.#setUp(flags.python, flags['torch-index']) : flags.python;
    if (checkpoint === undefined && flags.setup) return { python: python! };
    if (flags.inspect) return this.#inspect(inspectRequest(checkpoint, { ...flags, python }));

    const request = convertRequest(checkpoint, { ...flags, python });
    const { isModelFolder } = await import('../lib/convert/destination.js');
    const ofModel = await isModelFolder(request.checkpoint);
    if (ofModel) this.refuseIdle(OF_CHECKPOINTS, 'on a model, which has been converted');
    const text = await import('../lib/cli/convert-text.js');
    const progress = this.progress();
    const events = {
      onWarning: (warning: string) => {
        progress.above(() => {
          this.warning(warning);
        });
      },
      onStart: (total: number) => {
        progress.start(total, 'Converting');
      },
      onProgress: progress.update,
    };
    try {
      if (ofModel) {
        const { addPrecisions } = await import('../lib/convert/add-precisions.js');
        const report = await addPrecisions(request, events, this.signal);
        progress.stop();
        this.print(text.precisionsText(report));
        return report;
      }
      const { convert } = await import('../lib/convert/convert.js');
      const report = await convert(request, events, this.signal);
      progress.stop();
      this.print(text.convertText(report));
      return report;
    } finally {
      progress.stop();
    }
  }

  async #inspect(request: InspectRequest): Promise<Inspection> {
    this.refuseIdle(OF_MAKING_ALONE, 'with --inspect, which makes nothing');
    const { inspect } = await import('../lib/convert/inspect.js');
    const { inspectionText } = await import('../lib/cli/inspection-text.js');
    const found = await inspect(request, this.signal);
    for (const warning of found.warnings) this.warning(warning);
    this.print(inspectionText(found));
    return found;
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
