import { Flags } from './oclif.js';
import { FITS } from '../model/manifest.js';
import { threadsFlag } from './flags.js';
import { precisionFlags } from './precision-flags.js';
import { sizesFlag } from './size-flag.js';
import { toleranceFlag } from './tolerance-flag.js';

/** What `ofx convert` takes, in the groups that go together. */

/** Of a checkpoint alone; a model has them already. */
const checkpointFlags = {
  fit: Flags.option({
    options: FITS,
    description:
      'How photos are brought to the network: stretched to squares, or free, in their own shape, with the area of the square ' +
      '[default: stretch]',
  })(),
  name: Flags.string({ description: 'The model’s name [default: the folder’s]', helpValue: 'NAME' }),
  weights: Flags.string({
    description: 'Which network, where the checkpoint holds several: an entry or a prefix of names, e.g. ema',
    helpValue: 'NAME',
  }),
  arch: Flags.string({
    description: 'Code that builds the network, where it is none of ofx’s: it is run; needs --trust-code',
    helpValue: 'FILE.py:NAME',
  }),
  'trust-code': Flags.boolean({
    description: 'Run the code that --arch names',
    dependsOn: ['arch'],
  }),
  tolerance: toleranceFlag,
  bisect: Flags.boolean({
    description: 'Go through each file node by node, and name the first that leaves PyTorch',
  }),
};

/** What says how a model is made. */
const makingFlags = {
  out: Flags.string({ char: 'o', description: 'The model’s folder, to be made', helpValue: 'FOLDER' }),
  size: sizesFlag('288,380; of a model: all that it has'),
  ...checkpointFlags,
  ...precisionFlags,
  force: Flags.boolean({
    description:
      'Replace the folder if it is a model already, and keep precisions that lose too much or save nothing',
  }),
  threads: threadsFlag,
};

export const OF_CHECKPOINTS = Object.keys(checkpointFlags) as (keyof typeof checkpointFlags)[];
/** What `--inspect` takes of it. */
const OF_INSPECTING: readonly string[] = ['weights', 'arch', 'trust-code'];

export const OF_MAKING = Object.keys(makingFlags) as (keyof typeof makingFlags)[];

export const OF_MAKING_ALONE = OF_MAKING.filter((name) => !OF_INSPECTING.includes(name));

export const convertFlags = {
  ...makingFlags,
  inspect: Flags.boolean({
    description:
      'Only say what the checkpoint is: network, sizes, training, and what is missing for a conversion',
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
};
