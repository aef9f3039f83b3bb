import type { PixelEvidence } from './measure-pixels.js';
import { lowestOfBin, probabilityBin } from './probability-bins.js';
import { bitsOf, decodeHistogram } from './pixel-histogram.js';
import type { ThresholdSet } from './thresholds.js';

/**
 * An image's counts at other thresholds than they were taken at, from the histogram of its pixels. Thresholds that were counted
 * keep their exact counts. At another one, the pixels of the one bin that it cuts (no wider than 1/8,192 of the probability) are
 * shared out by where it cuts.
 *
 * @param counted the thresholds of the image's counts
 * @param wanted those that are asked for
 */
export function countsAt(
  { histogram, tp, fp }: Pick<PixelEvidence, 'histogram' | 'tp' | 'fp'>,
  counted: ThresholdSet,
  wanted: ThresholdSet,
): { tp: number[]; fp: number[] } {
  const { bins, positives, negatives, spread } = decodeHistogram(histogram);
  const result = { tp: [] as number[], fp: [] as number[] };
  const value = new Float32Array(1);
  const bits = bitsOf(value);
  // Thresholds and bins ascend; from the top both are walked once.
  let at = bins.length - 1;
  let [above, aboveNegative] = [0, 0];
  for (const threshold of [...wanted.values].reverse()) {
    value[0] = threshold;
    const cut = probabilityBin(value[0], bits[0]!);
    for (; at >= 0 && bins[at]! > cut; at--) {
      above += positives[at]!;
      aboveNegative += negatives[at]!;
    }
    const known = counted.values.indexOf(threshold);
    if (known !== -1) {
      result.tp.unshift(tp[known]!);
      result.fp.unshift(fp[known]!);
      continue;
    }
    const isCut = at >= 0 && bins[at] === cut;
    const [low, high] = [lowestOfBin(cut), lowestOfBin(cut + 1)];
    const part = isCut && high > low ? Math.min(1, Math.max(0, (high - threshold) / (high - low))) : 0;
    // Pixels of one value are all on one side.
    const share = isCut && spread[at] === 0 ? Math.round(part) : part;
    result.tp.unshift(above + (isCut ? Math.round(share * positives[at]!) : 0));
    result.fp.unshift(aboveNegative + (isCut ? Math.round(share * negatives[at]!) : 0));
  }
  return result;
}
