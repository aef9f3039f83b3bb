/**
 * Bins for probabilities that stay fine where a network's outputs crowd: close to 0 and close to 1. A bin is the leading
 * bits of a float32: its exponent and the first {@link MANTISSA_BITS} bits of its mantissa, taken from p below one
 * half and from 1 − p (exact in float32 there) above. So a bin is nowhere wider than p / 8,192 or (1 − p) / 8,192, about
 * 0.0001 in the logit, and few pixels that differ share one. Uniform bins of p put most pixels of a saturated map into one
 * tie.
 *
 * Bins are numbered from 0 (p = 0) upwards with p. The layout is aligned to octaves, so `bin >> k` is a coarser set of the
 * same kind.
 */
const MANTISSA_BITS = 13;

const DROPPED_BITS = 23 - MANTISSA_BITS;

/** Exponent field of 0.5: the octaves below it are 0 … 125, and 126 holds 0.5 alone. */
const HALF_EXPONENT = 126;

/** 1 − p of a float32 p above one half is a multiple of 2^-24, so smaller octaves are empty; 0 itself takes one. */
const SMALLEST_COMPLEMENT_EXPONENT = 102;

const LOWER_BINS = (HALF_EXPONENT + 1) << MANTISSA_BITS;
const UPPER_BINS = (HALF_EXPONENT - SMALLEST_COMPLEMENT_EXPONENT) << MANTISSA_BITS;

/** Number of bins. */
export const PROBABILITY_BINS = LOWER_BINS + UPPER_BINS;

/** Bits by which a bin of a map is shifted to give a bin of the coarse set that resamples use: 32 bins an octave. */
export const COARSE_SHIFT = 8;

/** A zero may carry a sign. */
const WITHOUT_SIGN = 0x7fffffff;

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

/**
 * The bin of a probability.
 *
 * @param p 0 … 1, a float32
 * @param bits the same number as the bits of its float32
 */
export function probabilityBin(p: number, bits: number): number {
  if (p <= 0.5) return (bits & WITHOUT_SIGN) >>> DROPPED_BITS;
  if (p === 1) return PROBABILITY_BINS - 1;
  scratchFloat[0] = 1 - p;
  const fromTop = (scratchBits[0]! >>> DROPPED_BITS) - (SMALLEST_COMPLEMENT_EXPONENT << MANTISSA_BITS);
  return PROBABILITY_BINS - 1 - fromTop;
}

/** The smallest probability of a bin, or what all of a bin near 1 are larger than; above the last bin it is 1. */
export function lowestOfBin(bin: number): number {
  if (bin >= PROBABILITY_BINS) return 1;
  if (bin <= HALF_EXPONENT << MANTISSA_BITS) return ofBits(bin << DROPPED_BITS);
  const fromTop = PROBABILITY_BINS - 1 - bin;
  return 1 - ofBits((fromTop + 1 + (SMALLEST_COMPLEMENT_EXPONENT << MANTISSA_BITS)) << DROPPED_BITS);
}

function ofBits(bits: number): number {
  scratchBits[0] = bits;
  return scratchFloat[0]!;
}
