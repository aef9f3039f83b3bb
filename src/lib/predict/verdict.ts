import { isManipulated, type Verdict } from '../core/verdict.js';
import type { Region } from '../image/segment.js';

/**
 * Below the score's threshold, a region stands out where regions of at least this mean probability cover together at least this
 * share of the image. One in five authentic photos has such regions: docs/metrics.md tells the rates that were measured.
 */
const STANDS_OUT = { probability: 0.7, share: 0.01 };

export interface Judged {
  score: number;
  scoreThreshold: number;
  regions: readonly Region[];
  /** Of the image, in pixels. */
  width: number;
  height: number;
}

/** The verdict on an image: made here, and nowhere else. */
export function verdictOf({ score, scoreThreshold, regions, width, height }: Judged): Verdict {
  if (isManipulated(score, scoreThreshold)) return 'manipulated';
  const standingOut = regions
    .filter(({ meanProbability }) => meanProbability >= STANDS_OUT.probability)
    .reduce((sum, { area }) => sum + area, 0);
  return standingOut >= STANDS_OUT.share * width * height ? 'suspicious' : 'no-finding';
}
