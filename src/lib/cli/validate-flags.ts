import { Flags } from './oclif.js';
import { OfxError } from '../core/errors.js';
import { LAYOUTS } from '../dataset/sample.js';
import type { Objective } from '../metrics/calibrate.js';
import { PROTOCOLS } from '../metrics/definitions.js';
import {
  evidenceFlag,
  fractionFlag,
  logFlag,
  mirrorFlag,
  modelFlag,
  threadsFlag,
  thresholdsFlag,
} from './flags.js';
import { gateFlags } from './gate-flags.js';
import { panelFlag } from './panel-flag.js';
import { MAP_FORMATS } from '../run/maps.js';
import { PANEL_FORMATS } from '../run/files.js';
import { precisionsFlag } from './precision-flags.js';
import { sizesFlag } from './size-flag.js';

export const validateFlags = {
  model: modelFlag,
  size: sizesFlag(
    '380, or the nearest that the model has',
    'Input size of the network, the side in pixels; several (224,288,380) are held against each other, accuracy against latency',
  ),
  precision: precisionsFlag,
  'max-latency': Flags.string({
    description:
      'Of several sizes and precisions, recommend the most accurate one whose median latency is no longer, e.g. 300ms',
    helpValue: 'TIME',
  }),
  evidence: evidenceFlag,
  thresholds: thresholdsFlag,
  tile: Flags.boolean({
    description: 'Look at large images through windows, too, as predict --tile does',
    default: false,
  }),
  mirror: mirrorFlag,
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
  threshold: fractionFlag({ description: 'An image is predicted tampered above it [default: the model’s]' }),
  'mask-threshold': fractionFlag({
    description: 'A pixel is predicted tampered above it [default: the model’s]',
  }),
  'sweep-step': fractionFlag({ description: 'Step of the thresholds that are tried', default: 0.05 }),
  panels: panelFlag({
    description:
      'Panels, an image an image: all, none, worst:N, or auto: all of up to 1,000 images, of more the worst 500, the best 250 and 250 by chance',
  }),
  'panel-format': Flags.option({
    description: 'Format of the panels',
    options: PANEL_FORMATS,
    default: 'png',
  })(),
  masks: Flags.boolean({
    description: 'Write the bare prediction mask beside each panel: a PNG of 0 and 255, at the image’s size',
    default: false,
  }),
  'save-maps': Flags.option({
    description:
      'Keep the probability map of every image, with a manifest of hashes: as .npy of float16, or as PNG of 16 bits',
    options: MAP_FORMATS,
    helpGroup: 'PREDICTIONS',
  })(),
  predictions: Flags.string({
    description:
      'Measure maps or masks on disk instead of a model: PNG, .npy or .npz, called as their images (TruFor’s and photoholmes’ outputs, maps of --save-maps)',
    helpValue: 'FOLDER',
    helpGroup: 'PREDICTIONS',
  }),
  scores: Flags.string({
    description: 'Scores of the images for --predictions: CSV with the columns image and score, or JSON',
    helpValue: 'FILE',
    helpGroup: 'PREDICTIONS',
    dependsOn: ['predictions'],
  }),
  from: Flags.string({
    description:
      'Measure a finished run that has maps (--save-maps) again under other thresholds, another --protocol or --score-at, without inference',
    helpValue: 'RUN',
    helpGroup: 'PREDICTIONS',
    exclusive: ['predictions', 'save-maps'],
  }),
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
  into: Flags.string({
    description:
      'Where fitted thresholds go: a model’s folder, whoever uses it then has them, or a .json file for --thresholds [default: your data folder]',
    helpValue: 'MODEL',
  }),
  'calibrate-on': Flags.string({
    description:
      'Fit thresholds on this list of the data set (or this other data set) first, and report on the data set at them',
    helpValue: 'SPLIT',
    exclusive: ['calibrate', 'resume', 'thresholds'],
  }),
  'fit-fusion': Flags.boolean({
    description:
      'With --calibrate or --calibrate-on: fit how the sources of evidence are joined, too; needs --evidence network,copies where the model has no fusion',
    exclusive: ['tile', 'mirror'],
  }),
  objective: Flags.option({
    description: 'What fitted thresholds shall reach [default: f1, or recall with --max-fpr]',
    options: ['f1', 'recall'] as const,
  })(),
  'max-fpr': fractionFlag({
    description:
      'Highest false-positive rate of fitted thresholds, whose recall is to be the highest [default: 0.05]',
  }),
  threads: threadsFlag,
  concurrency: Flags.integer({
    char: 'c',
    description:
      'Concurrency: inferences at once, each with a copy of the model [default: 2 where there are several processors]',
    min: 1,
    helpValue: 'N',
  }),
  'max-pixels': Flags.integer({
    description: 'Refuse images with more pixels',
    min: 1,
    helpValue: 'PIXELS',
  }),
  robustness: Flags.string({
    description:
      'Score everything again under JPEG, blur, noise and resizing, 20 more passes; or under some: jpeg:70,50 resize:0.5',
    multiple: true,
    helpValue: '[KIND:LEVELS]',
  }),
  baseline: Flags.string({
    description: 'Folder of the run that "drops" and "rises" of --fail-on look at',
    helpValue: 'RUN',
    helpGroup: 'CI',
    dependsOn: ['fail-on'],
  }),
  log: logFlag,
  ...gateFlags,
};

const DEFAULT_MAX_FPR = 0.05;

/**
 * What `--calibrate` shall reach.
 *
 * @throws {OfxError} USAGE for a rate beside an objective that has none
 */
export function objectiveOf(flags: {
  objective?: 'f1' | 'recall' | undefined;
  'max-fpr'?: number | undefined;
}): Objective {
  const maxFpr = flags['max-fpr'];
  if (flags.objective === 'f1' && maxFpr !== undefined) {
    throw new OfxError('USAGE', '--max-fpr has no effect with --objective f1.', {
      suggestion: 'Leave one of them out: --max-fpr alone means the highest recall at that rate.',
    });
  }
  if (flags.objective !== 'recall' && maxFpr === undefined) return { kind: 'f1' };
  return { kind: 'recall', maxFpr: maxFpr ?? DEFAULT_MAX_FPR };
}

/** Flags that say how a model looks at images; predictions on disk are as they are. */
export const OF_A_MODEL = [
  'model',
  'size',
  'precision',
  'evidence',
  'tile',
  'mirror',
  'thresholds',
  'calibrate',
  'calibrate-on',
  'fit-fusion',
  'robustness',
] as const;

/** Flags that decide what a finished run has seen already. */
export const OF_A_RUN = [
  ...OF_A_MODEL,
  ...([
    'split',
    'layout',
    'limit',
    'sample',
    'strict',
    'resume',
    'max-pixels',
    'threads',
    'concurrency',
  ] as const),
  ...(['panels', 'panel-format', 'masks'] as const),
] as const;
