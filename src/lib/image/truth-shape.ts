/** Levels of one channel, rows from the top. */
interface Levels {
  width: number;
  height: number;
  values: Uint8Array | Uint16Array;
  /** By how much compression may change a level. */
  tolerance: number;
}

/** Pixels side by side of one level that make an area, where smooth edges change from pixel to pixel. */
const SHORTEST_RUN = 3;
/** Compression spreads a step over so many pixels. */
const STEP_WIDTH = 2;
/** An area ends by a step of this share of its level; a smooth edge comes in smaller ones. */
const STEP = 0.25;

/**
 * Counts the pixels within areas of one level that end in a sharp step: what somebody drew with that level, and neither a
 * smooth edge nor a wide blur.
 *
 * @param above levels up to this one are background or noise
 * @param upTo the largest level to look at
 */
export function drawnPixels(levels: Levels, above: number, upTo: number): number {
  const { width, height, values, tolerance } = levels;
  let drawn = 0;
  for (let y = 1; y < height - 1; y++) {
    const row = y * width;
    for (let x = 0; x < width;) {
      const level = values[row + x]!;
      let end = x + 1;
      while (end < width && Math.abs(values[row + end]! - level) <= tolerance) end++;
      if (level > above && level <= upTo && end - x >= SHORTEST_RUN) {
        const step = Math.max(1, level * STEP);
        const left =
          x === 0 ? Infinity : change(values, level, row + x - 1, row + Math.max(0, x - STEP_WIDTH));
        const right =
          end === width
            ? Infinity
            : change(values, level, row + end, row + Math.min(width, end + STEP_WIDTH) - 1);
        // The border of the image ends an area, but a row of one level alone is none.
        if (left >= step && right >= step && left + right !== Infinity + Infinity) {
          for (let i = row + x + 1; i < row + end - 1; i++) if (isInside(levels, i)) drawn++;
        }
      }
      x = end;
    }
  }
  return drawn;
}

/** How far a level is from the nearer or the farther of two others. */
function change(values: Uint8Array | Uint16Array, level: number, near: number, far: number): number {
  return Math.max(Math.abs(values[near]! - level), Math.abs(values[far]! - level));
}

function isInside({ values, width, tolerance }: Levels, at: number): boolean {
  const level = values[at]!;
  for (const row of [at - width, at + width]) {
    for (let i = row - 1; i <= row + 1; i++) if (Math.abs(values[i]! - level) > tolerance) return false;
  }
  return true;
}

/**
 * How rough an image is between two levels: the share of its pixels there that are brighter, or darker, than both of their
 * neighbours in the row. Photos and pieces of photos have a quarter and more, smooth maps next to nothing.
 *
 * @param above levels up to this one do not count
 * @param below levels from this one on do not count
 */
export function roughness(
  { width, height, values, tolerance }: Levels,
  above: number,
  below: number,
): number {
  let inside = 0;
  let extremes = 0;
  for (let y = 0; y < height; y++) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
      const level = values[i]!;
      const left = values[i - 1]!;
      const right = values[i + 1]!;
      if (Math.min(level, left, right) <= above || Math.max(level, left, right) >= below) continue;
      inside++;
      const isPeak = level > left + tolerance && level > right + tolerance;
      const isDip = level < left - tolerance && level < right - tolerance;
      if (isPeak || isDip) extremes++;
    }
  }
  return inside === 0 ? 0 : extremes / inside;
}
