/** Numbers of 16 bits as IEEE 754 has them: a sign, five bits of exponent, ten of fraction. */

const word = new Float32Array(1);
const wordBits = new Uint32Array(word.buffer);

/** The nearest half-precision number, ties to even, as its bits. */
export function toHalf(value: number): number {
  word[0] = value;
  const bits = wordBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  const shifted = exponent - 112;
  if (shifted >= 31) return sign | 0x7c00;
  if (shifted <= 0) {
    if (shifted < -10) return sign;
    return sign + roundedShift(fraction | 0x800000, 14 - shifted);
  }
  // A carry out of the fraction goes into the exponent, which is right.
  return sign + roundedShift((shifted << 23) | fraction, 13);
}

function roundedShift(value: number, by: number): number {
  const kept = value >>> by;
  const rest = value & ((1 << by) - 1);
  const half = 1 << (by - 1);
  return rest > half || (rest === half && kept % 2 === 1) ? kept + 1 : kept;
}

/** All half-precision numbers by their bits; made when it is first needed. */
let table: Float32Array | undefined;

export function fromHalf(bits: number): number {
  table ??= Float32Array.from({ length: 0x10000 }, (_, half) => valueOf(half));
  return table[bits]!;
}

function valueOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
