import { Args, Flags } from './oclif.js';
import { fractionFlag, modelFlag, MOST_THREADS } from './flags.js';
import { OfxError } from '../core/errors.js';
import { RESULT_FORMATS } from '../batch/result-formats.js';
import { MASK_CHOICES } from '../batch/masks-choice.js';

export const runArg = Args.string({ name: 'RUN', description: 'Folder of the run', required: true });

export const queueFlag = Flags.custom({
  description: 'Queue that hands out the shards: redis://…, or (experimental) postgres://…',
  helpValue: 'URL',
});

/** What decides the rows of a run. */
export const planFlags = {
  list: Flags.string({
    description: 'File with one path a line; may be given several times',
    multiple: true,
    helpValue: 'FILE',
  }),
  model: modelFlag,
  size: Flags.integer({
    char: 's',
    description:
      'Input size of the network, the side in pixels [default: the model’s own, or 288, or the nearest]',
    min: 1,
    helpValue: 'PIXELS',
  }),
  tile: Flags.boolean({
    description: 'Look at large images through windows, too, as predict --tile does',
    default: false,
  }),
  threshold: fractionFlag({ description: 'Manipulated where the score is larger [default: the model’s]' }),
  'mask-threshold': fractionFlag({
    description: 'A pixel is marked where its probability is larger [default: the model’s]',
  }),
  'min-area': Flags.integer({
    description: 'Drop regions with fewer pixels',
    default: 0,
    min: 0,
    helpValue: 'PIXELS',
  }),
  'max-pixels': Flags.integer({
    description: 'Refuse images with more pixels [default: 100 megapixels]',
    min: 1,
    helpValue: 'PIXELS',
  }),
  threads: Flags.integer({
    char: 't',
    description: 'Threads of one inference; another number changes the last digits',
    default: 1,
    min: 1,
    max: MOST_THREADS,
    helpValue: 'N',
  }),
  masks: Flags.option({
    description: 'Which masks to keep, as tars of PNG beside the parts',
    options: MASK_CHOICES,
    default: 'none' as const,
  })(),
  'shard-size': Flags.integer({
    description: 'Images of a shard: what is lost at most when a worker is killed',
    default: 500,
    min: 1,
    max: 100_000,
    helpValue: 'N',
  }),
};

/** How a worker works, which decides no row. */
export const workerFlags = {
  processes: Flags.integer({
    char: 'p',
    description:
      'Concurrency: images at once, each in a process with a copy of the model [default: one a processor]',
    min: 1,
    max: 1024,
    helpValue: 'N',
  }),
  'image-timeout': Flags.integer({
    description: 'Seconds after which an image is given up',
    default: 300,
    min: 1,
    helpValue: 'SECONDS',
  }),
  'worker-memory': Flags.integer({
    description:
      'Megabytes that a process may take for an image before it is ended [default: 4096, or its share of what the container has]',
    min: 64,
    helpValue: 'MB',
  }),
};

/** What a worker tells to Prometheus. */
export const metricsFlags = {
  'metrics-port': Flags.integer({
    description: 'Port on which Prometheus can scrape this worker',
    min: 0,
    max: 65_535,
    helpValue: 'PORT',
  }),
  'metrics-host': Flags.string({
    description: 'Address of --metrics-port',
    default: '127.0.0.1',
    helpValue: 'ADDRESS',
  }),
};

/** A number of images, or a share of them. */
export interface FailureLimit {
  text: string;
  of: (images: number) => number;
}

const failureLimitFlag = Flags.custom<FailureLimit>({
  helpValue: 'N|N%',
  parse: (text, _context, { name }) => {
    const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim()) ?? [];
    const value = Number(number);
    if (
      number === undefined ||
      (percent === '' && !Number.isInteger(value)) ||
      (percent === '%' && value > 100)
    ) {
      throw new OfxError('USAGE', `--${name} takes a number of images or a share of them, not "${text}".`, {
        suggestion: 'For example: --max-failures 100, or --max-failures 0.1%',
      });
    }
    return Promise.resolve({ text, of: (images) => (percent === '%' ? (images * value) / 100 : value) });
  },
});

export const collectFlags = {
  format: Flags.option({
    description: 'Format of the file with all rows',
    options: RESULT_FORMATS,
    default: 'parquet' as const,
  })(),
  'max-failures': failureLimitFlag({
    description: 'Exit with 3 if more images than this could not be scored',
  }),
};
