import { caseFlags } from './case-flags.js';
import { Flags, type Interfaces } from './oclif.js';
import { OUTPUT_KINDS, OUTPUTS, type OutputInfo, type OutputKind } from '../image/output-kinds.js';
import {
  evidenceFlag,
  fractionFlag,
  mirrorFlag,
  modelFlag,
  pickDefined,
  threadsFlag,
  thresholdsFlag,
} from './flags.js';
import { PREDICTION_FORMATS } from './prediction-output.js';
import { precisionFlag } from './precision-flags.js';
import { sizeFlag } from './size-flag.js';

export const predictFlags = {
  ...outputFlags(),
  ...caseFlags,
  model: modelFlag,
  precision: precisionFlag,
  size: sizeFlag('the model’s own, or 288, or the nearest'),
  evidence: evidenceFlag,
  thresholds: thresholdsFlag,
  tile: Flags.boolean({
    description:
      'Look at images whose longer side is more than twice --size through up to 64 windows, too: finds places better, takes longer',
  }),
  mirror: mirrorFlag,
  page: Flags.integer({
    description:
      'Look at this page only, of a TIFF with several, or at this picture of a PDF [default: all, and the highest score counts]',
    min: 1,
    helpValue: 'N',
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
    description:
      'Concurrency: inferences at once, each with a copy of the model [default: 2 where there are several images and processors]',
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
  'fail-on': Flags.string({
    description: 'Exit with 3 where this is true, e.g. "manipulated > 0"; may be repeated',
    multiple: true,
    helpValue: 'CONDITION',
  }),
  verbose: Flags.boolean({ description: 'List the files of folders that are left out, with the reason' }),
  'max-pixels': Flags.integer({
    description: 'Refuse images with more pixels [default: 100 megapixels]',
    min: 1,
    helpValue: 'PIXELS',
  }),
};

/** A flag for each kind of output. */
function outputFlags() {
  const flags = OUTPUT_KINDS.map((kind) => {
    const { flag, help, ...info }: OutputInfo = OUTPUTS[kind];
    return [
      flag,
      Flags.string({ ...pickDefined({ char: info.char }), description: help, helpValue: 'PATH' }),
    ];
  });
  return Object.fromEntries(flags) as Record<
    (typeof OUTPUTS)[OutputKind]['flag'],
    Interfaces.OptionFlag<string | undefined>
  >;
}
