import { Flags } from './oclif.js';
import { OfxError } from '../core/errors.js';
import type { Precision } from '../model/manifest.js';
import { fractionFlag } from './flags.js';
import { listOf } from './size-flag.js';

/** `--precision`, so that it means the same in every command. */

/** How much of macro F1 and of image AUC a variant may lose where nothing else is said. */
const MAX_LOSS = 0.01;

export const PRECISIONS = ['fp32', 'fp16', 'int8'] as const satisfies readonly Precision[];

/** Where a model is used. */
export const precisionFlag = Flags.option({
  description: 'Of the network’s weights, where the model has several [default: the model’s own, or fp32]',
  options: PRECISIONS,
})();

/** Where several may be held against each other: `--precision fp32,int8`. */
export const precisionsFlag = Flags.option({
  ...listOf('PRECISION'),
  description:
    'Of the network’s weights, where the model has several; several are held against each other [default: the model’s own, or fp32]',
  options: PRECISIONS,
})();

/** Where one is made: which precisions, and what they may cost. */
export const precisionFlags = {
  precision: Flags.option({
    ...listOf('PRECISION'),
    options: PRECISIONS,
    description:
      'fp32; int8: faster and a quarter of the size, where it costs little; fp16: weights in half of the space, computed in ' +
      'float32 [default: fp32]',
  })(),
  'default-precision': Flags.option({
    options: PRECISIONS,
    description: 'Which of them is used where none is asked for [default: fp32, where it is made]',
  })(),
  calibration: Flags.string({
    description:
      'Photos that int8 is calibrated on, like those that it will see [default: the shipped samples]',
    helpValue: 'FOLDER',
  }),
  'reduce-range': Flags.boolean({
    description: 'Weights of int8 in 7 bits, for processors without VNNI [default: where this one has none]',
    allowNo: true,
  }),
  validate: Flags.string({
    description: 'Data set on which other precisions are held against fp32',
    helpValue: 'DATASET',
  }),
  'max-loss': fractionFlag({
    description: `How much of macro F1 or image AUC they may lose there [default: ${MAX_LOSS}]`,
    dependsOn: ['validate'],
  }),
};

export interface GivenPrecisions {
  precision?: Precision[] | undefined;
  'default-precision'?: Precision | undefined;
  calibration?: string | undefined;
  'reduce-range'?: boolean | undefined;
  validate?: string | undefined;
  'max-loss'?: number | undefined;
}

/** @throws {OfxError} USAGE where flags do not fit together */
export function precisionRequest(flags: GivenPrecisions) {
  const precisions = flags.precision ?? ['fp32'];
  const usual = flags['default-precision'];
  if (usual !== undefined && !precisions.includes(usual)) {
    throw new OfxError('USAGE', `--default-precision ${usual} is not among those that are made.`, {
      suggestion: `Add it: --precision ${[...precisions, usual].join(',')}`,
    });
  }
  if (precisions.every((precision) => precision === 'fp32')) {
    const idle = (['calibration', 'validate', 'reduce-range'] as const).find(
      (name) => flags[name] !== undefined,
    );
    if (idle) {
      throw new OfxError('USAGE', `--${idle} does nothing without another precision than fp32.`, {
        suggestion: 'Add --precision fp32,int8.',
      });
    }
  }
  return {
    precisions,
    defaultPrecision: usual,
    calibration: flags.calibration,
    reduceRange: flags['reduce-range'],
    validate: flags.validate,
    maxLoss: flags['max-loss'] ?? MAX_LOSS,
  };
}
