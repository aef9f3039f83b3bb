import { TRUTH_THRESHOLD } from '../core/label.js';
import { borderShare } from '../image/border-share.js';
import type { GroundTruth } from '../image/ground-truth.js';
import type { TruthReading } from '../image/truth-reading.js';
import type { FindingCode } from './finding.js';

/** A mask in which more than this share of the pixels is neither black nor white is no mask drawn by an editor. */
const PHOTO_SHARE = 0.3;
const PHOTO_LEVELS = 64;

/** Marks more than half of the image and most of its border: what is authentic was painted white. */
const INVERTED_AREA = 0.5;
const INVERTED_BORDER = 0.75;

/** What is said of a mask that was not read by its grey levels. */
const READINGS: Partial<Record<TruthReading, FindingCode>> = {
  dark: 'dark-truth',
  colour: 'colour-truth',
  alpha: 'alpha-truth',
};

/** What is odd about the ground truth of a tampered image. */
export function examineTruth(truth: GroundTruth, image: { width: number; height: number }): FindingCode[] {
  const findings: FindingCode[] = [];
  if (truth.width !== image.width || truth.height !== image.height) findings.push('size-differs');
  const levels = new Uint32Array(256);
  for (const grey of truth.data) levels[grey]!++;
  const pixels = truth.data.length;
  const positive = levels.subarray(TRUTH_THRESHOLD + 1).reduce((sum, count) => sum + count, 0);
  const between = pixels - levels[0]! - levels[255]!;
  const usedLevels = levels.filter((count) => count > 0).length;
  if (positive === 0) findings.push('empty-truth');
  else if (positive === pixels) findings.push('full-truth');
  else if (positive > INVERTED_AREA * pixels && borderShare(truth, TRUTH_THRESHOLD) > INVERTED_BORDER) {
    findings.push('inverted-truth');
  }
  if (between > PHOTO_SHARE * pixels && usedLevels > PHOTO_LEVELS) findings.push('photo-as-truth');
  else if (between > 0) findings.push('grey-truth');
  const reading = READINGS[truth.reading];
  if (reading) findings.push(reading);
  return findings;
}
