import { usableCpus } from '../core/cpu.js';
import { OfxError } from '../core/errors.js';
import type { InspectRequest } from '../convert/inspect.js';
import { ownNetwork } from '../convert/own-network.js';
import type { ConvertRequest } from '../convert/request.js';
import type { Fit } from '../model/manifest.js';
import { precisionRequest, type GivenPrecisions } from './precision-flags.js';

interface GivenFlags extends GivenPrecisions {
  out?: string | undefined;
  size?: number[] | undefined;
  fit?: Fit | undefined;
  name?: string | undefined;
  weights?: string | undefined;
  arch?: string | undefined;
  'trust-code': boolean;
  bisect: boolean;
  tolerance?: number | undefined;
  python?: string | undefined;
  threads?: number | undefined;
  force: boolean;
}

/** @throws {OfxError} USAGE where flags are missing or do not fit together */
export function convertRequest(checkpoint: string | undefined, flags: GivenFlags): ConvertRequest {
  const { out } = flags;
  if (checkpoint === undefined || out === undefined) {
    throw new OfxError(
      'USAGE',
      checkpoint === undefined ? 'Which checkpoint?' : 'Where to? --out is missing.',
      {
        suggestion: 'For example: ofx convert checkpoint.pyth --out my-model',
      },
    );
  }
  return {
    checkpoint,
    out,
    sizes: flags.size ?? [],
    fit: flags.fit,
    name: flags.name,
    python: flags.python,
    weights: flags.weights,
    own: ownNetwork(flags.arch, flags['trust-code']),
    tolerance: flags.tolerance,
    bisect: flags.bisect,
    threads: flags.threads ?? usableCpus(),
    force: flags.force,
    ...precisionRequest(flags),
  };
}

/** @throws {OfxError} USAGE where there is no checkpoint, or its code is not trusted */
export function inspectRequest(
  checkpoint: string | undefined,
  flags: Pick<GivenFlags, 'weights' | 'arch' | 'trust-code' | 'python'>,
): InspectRequest {
  if (checkpoint === undefined) {
    throw new OfxError('USAGE', 'Which checkpoint?', {
      suggestion: 'For example: ofx convert checkpoint.pyth --inspect',
    });
  }
  return {
    checkpoint,
    weights: flags.weights,
    own: ownNetwork(flags.arch, flags['trust-code']),
    python: flags.python,
  };
}
