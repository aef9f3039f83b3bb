import type { Region } from '../image/segment.js';

/**
 * A region stands out where regions of at least this mean probability cover together at least this share of the image. How many
 * authentic photos have such regions is measured: docs/metrics.md, and `image.suspicious.authentic` of every validation.
 */
const STANDS_OUT = { probability: 0.7, share: 0.01 };

/** Whether an image is suspicious though its score is not above the threshold. */
export function regionStandsOut(
  regions: readonly Region[],
  { width, height }: { width: number; height: number },
): boolean {
  const standingOut = regions
    .filter(({ meanProbability }) => meanProbability >= STANDS_OUT.probability)
    .reduce((sum, { area }) => sum + area, 0);
  return standingOut >= STANDS_OUT.share * width * height;
}
