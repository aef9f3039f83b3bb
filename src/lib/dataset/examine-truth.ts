import type { GreyImage } from '../image/ground-truth.js';
import type { FindingCode } from './finding.js';

/** Ground truth is tampered above this grey value. */
export const TRUTH_THRESHOLD = 127;

/** A mask in which more than this share of the pixels is neither black nor white is no mask drawn by an editor. */
const PHOTO_SHARE = 0.3;
const PHOTO_LEVELS = 64;

/** Marks more than half of the image and most of its border: what is authentic was painted white. */
const INVERTED_AREA = 0.5;
const INVERTED_BORDER = 0.75;

/** What is odd about the ground truth of a tampered image. */
export function examineTruth(truth: GreyImage, image: { width: number; height: number }): FindingCode[] {
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
  else if (positive > INVERTED_AREA * pixels && borderShare(truth) > INVERTED_BORDER) {
    findings.push('inverted-truth');
  }
  if (between > PHOTO_SHARE * pixels && usedLevels > PHOTO_LEVELS) findings.push('photo-as-truth');
  else if (between > 0) findings.push('grey-truth');
  return findings;
}

/** Share of the outermost pixels that are tampered. */
function borderShare({ width, height, data }: GreyImage): number {
  let positive = 0;
  let total = 0;
  for (let y = 0; y < height; y++) {
    const step = y === 0 || y === height - 1 ? 1 : Math.max(1, width - 1);
    for (let x = 0; x < width; x += step) {
      total++;
      if (data[y * width + x]! > TRUTH_THRESHOLD) positive++;
    }
  }
  return positive / total;
}
