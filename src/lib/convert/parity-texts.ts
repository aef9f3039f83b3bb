import { OfxError } from '../core/errors.js';
import type { TaskLayer } from './layers.js';
import type { VariantParity } from './parity.js';

/** Where PyTorch's own float32 results are off by more, a mask depends on which processor computes it. */
export const UNCERTAIN = 1e-3;

export function uncertain({ inputSize, pytorch }: VariantParity): string {
  return (
    `At size ${inputSize} PyTorch's own float32 results are off by up to ${pytorch.map.max.toExponential(1)} from float64: ` +
    'the weights may have diverged in training.'
  );
}

export function notEqual(
  { inputSize, map, score, pytorch, flippedPixels }: VariantParity,
  tolerance: number,
  isOwn: boolean,
  where: string,
): OfxError {
  const far = (distance: Pick<VariantParity, 'map' | 'score'>): string =>
    `${distance.map.max.toExponential(1)} in the map and ${distance.score.max.toExponential(1)} in the score`;
  return new OfxError(
    'PARITY_FAILED',
    `At size ${inputSize} the ONNX file differs from PyTorch in float64 by ${far({ map, score })}, PyTorch in float32 only by ` +
      `${far(pytorch)} (allowed: ${tolerance.toExponential()}, or twice as much as PyTorch); ${flippedPixels} pixels of the ` +
      `mask flip. ${where === '' ? '' : `${where} `}Nothing was written.`,
    {
      suggestion: isOwn
        ? 'The export records what the network computes for one image: a branch or a loop that depends on values in the image is ' +
          'not in it. --tolerance allows more, --bisect names the node.'
        : 'The export of this network is wrong: please report it, with the checkpoint if you may. --tolerance allows more.',
    },
  );
}

/** Masks of photos with ground truth would change. */
export function taskChanged({ inputSize, flipped, f1, iou }: TaskLayer): string {
  return (
    `At size ${inputSize} masks are not those of PyTorch: up to ${(100 * flipped).toPrecision(2)} % of a photo's pixels flip, F1 ` +
    `changes by up to ${f1.toExponential(1)} and IoU by ${iou.toExponential(1)}.`
  );
}
