import type { Label } from '../core/label.js';
import type { Confusion } from './confusion.js';
import type { PixelEvidence } from './measure-pixels.js';
import type { TruforEvidence } from './trufor.js';

/** Why an image takes no part in pixel metrics. */
export type PixelGap = 'empty-truth' | 'no-truth';

/** All that one scored image adds to a run's numbers. Numbers of a run are a fold over these, in any order of arrival. */
export interface ImageEvidence {
  /** The image's name in its data set; seeds its weights in resamples. */
  image: string;
  label: Label;
  /** Probability that the image is tampered, after the temperature. */
  score: number;
  /** The same before the temperature. */
  rawScore: number;
  /** Log-odds of each source of evidence alone, by its name. */
  logits?: Record<string, number>;
  /**
   * Whether regions stand out that make the verdict "suspicious" where the score is not above its threshold; missing in runs of
   * versions before 0.3.0, and where a run was measured again at another mask threshold.
   */
  standsOut?: boolean;
  pixel: PixelEvidence | null;
  /** Why `pixel` is null. */
  pixelGap?: PixelGap;
  /** Counts by the published test script: t = 0.5, truth positive at 255, network size. */
  objectformer: Confusion | null;
  /** Tampered images only; null where the eroded truth is empty. */
  trufor: TruforEvidence | null;
}
