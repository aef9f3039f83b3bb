import { IMAGENET_NORMALISATION, type Manifest, type Variant } from '../model/manifest.js';
import type { CheckpointEvent } from '../python/events.js';
import type { ConvertRequest } from './request.js';
import type { ConvertReport } from './result.js';

export function makeManifest(
  {
    name,
    checkpoint,
    fit,
    defaultPrecision,
  }: Pick<ConvertRequest, 'fit' | 'checkpoint' | 'defaultPrecision'> & { name: string },
  { architecture, code, sha256, torch, exporter, opset, input, score, mask }: CheckpointEvent,
  variants: readonly Variant[],
  parity: ConvertReport['parity'],
): Manifest {
  return {
    schemaVersion: 1,
    name,
    version: '1.0.0',
    architecture,
    input: {
      name: input,
      colour: 'RGB',
      layout: 'NCHW',
      ...IMAGENET_NORMALISATION,
      resize: 'opencv-linear',
      ...(fit === 'free' && { fit }),
    },
    outputs: { score: { name: score, kind: 'logit' }, mask: { name: mask, kind: 'probability' } },
    variants: [...variants],
    ...(defaultPrecision !== undefined && { defaultPrecision }),
    provenance: {
      checkpoint: { name: checkpoint, sha256 },
      ...(code && { code }),
      torch,
      exporter,
      opset,
    },
    parity,
  };
}
