import type { Bands } from './bands.js';
import type { Box } from './region.js';

/** Share of a box's variance that lies between two tones, from which it counts as ink on paper. */
const TWO_TONES = 0.72;
const LEAST_INK = 0.04;
const MOST_INK = 0.35;
/** Strokes are gone after an erosion by this radius, in pixels; of blots more than this share is left. */
const STROKE_RADIUS = 2;
const MOST_LEFT = 0.04;
/** Paper has no texture of its own: away from ink, so many of its pixels have a fine residual below so many levels. */
const PLAIN = 3;
const PLAIN_SHARE = 0.45;
/** Letters that are alike are near one another; so much around the place is looked at, too, in pixels. */
const CONTEXT = 4;

/**
 * Whether a box shows writing: two tones, of which the rarer one is thin strokes and the other one plain. Letters of one font look
 * alike wherever they stand, and a page that nobody touched is full of them.
 */
export function isWriting({ luma, fine }: Bands, box: Box): boolean {
  const left = Math.max(0, box.x - CONTEXT);
  const top = Math.max(0, box.y - CONTEXT);
  const width = Math.min(luma.width, box.x + box.width + CONTEXT) - left;
  const height = Math.min(luma.height, box.y + box.height + CONTEXT) - top;
  const count = width * height;
  const tones = new Uint8Array(count);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) tones[y * width + x] = luma.data[(top + y) * luma.width + left + x]!;
  }
  const { threshold, separation } = twoTones(tones);
  if (separation < TWO_TONES) return false;

  let dark = 0;
  for (const tone of tones) if (tone <= threshold) dark++;
  const inkIsDark = 2 * dark <= count;
  const ink = tones.map((tone) => (tone <= threshold === inkIsDark ? 1 : 0));
  const share = (inkIsDark ? dark : count - dark) / count;
  if (share < LEAST_INK || share > MOST_INK) return false;

  let surviving = 0;
  let paper = 0;
  let plain = 0;
  for (let y = STROKE_RADIUS; y < height - STROKE_RADIUS; y++) {
    for (let x = STROKE_RADIUS; x < width - STROKE_RADIUS; x++) {
      let around = 0;
      for (let v = y - STROKE_RADIUS; v <= y + STROKE_RADIUS; v++) {
        for (let u = x - STROKE_RADIUS; u <= x + STROKE_RADIUS; u++) around += ink[v * width + u]!;
      }
      if (around === (2 * STROKE_RADIUS + 1) ** 2) surviving++;
      if (around === 0) {
        paper++;
        if (Math.abs(fine.data[(top + y) * luma.width + left + x]!) < PLAIN) plain++;
      }
    }
  }
  return surviving <= MOST_LEFT * share * count && plain >= PLAIN_SHARE * paper;
}

/** The tone that best divides tones into two (Otsu 1979), and the share of their variance that it explains, 0 … 1. */
function twoTones(tones: Uint8Array): { threshold: number; separation: number } {
  const histogram = new Float64Array(256);
  for (const tone of tones) histogram[tone]!++;
  let sum = 0;
  let squares = 0;
  for (let tone = 0; tone < 256; tone++) {
    sum += tone * histogram[tone]!;
    squares += tone * tone * histogram[tone]!;
  }
  const n = tones.length;
  const variance = squares - (sum * sum) / n;
  let threshold = 0;
  let most = 0;
  let below = 0;
  let belowSum = 0;
  for (let tone = 0; tone < 255; tone++) {
    below += histogram[tone]!;
    belowSum += tone * histogram[tone]!;
    if (below === 0 || below === n) continue;
    const difference = belowSum / below - (sum - belowSum) / (n - below);
    const between = ((below * (n - below)) / n) * difference * difference;
    if (between > most) {
      most = between;
      threshold = tone;
    }
  }
  return { threshold, separation: variance === 0 ? 0 : most / variance };
}
