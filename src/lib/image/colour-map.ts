/**
 * The perceptually uniform colour map "inferno" of matplotlib (Smith, van der Walt 2015, CC0) at 17 places from 0 to 1;
 * linear between them, which is within 5 levels of the full table.
 */
const INFERNO: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [11, 7, 36],
  [33, 12, 74],
  [61, 9, 101],
  [87, 16, 110],
  [113, 25, 110],
  [138, 34, 106],
  [163, 44, 97],
  [188, 55, 84],
  [210, 70, 68],
  [228, 90, 49],
  [241, 115, 29],
  [249, 142, 9],
  [252, 172, 17],
  [249, 203, 53],
  [242, 234, 105],
  [252, 255, 164],
];

/** The colours of probabilities 0 to 1 in 256 steps: RGB interleaved, 768 bytes. */
export function heatColours(): Uint8Array {
  const last = INFERNO.length - 1;
  return Uint8Array.from({ length: 256 * 3 }, (_, i) => {
    const place = (Math.floor(i / 3) / 255) * last;
    const below = Math.min(Math.floor(place), last - 1);
    const [a, b] = [INFERNO[below]![i % 3]!, INFERNO[below + 1]![i % 3]!];
    return Math.round(a + (b - a) * (place - below));
  });
}
