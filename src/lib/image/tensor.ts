/** One number a channel, in RGB order. */
export type PerChannel = readonly [number, number, number];

/**
 * The network's input: `((pixel / 255) - mean) / std`, planes one after the other. Each step is rounded to float32, so
 * that the values are numpy's float32 values to the last bit.
 *
 * @param rgb interleaved, `height * width * 3` bytes.
 * @param tensor to fill, of as many numbers; a new one where it is left out.
 * @returns (1, 3, height, width), row-major.
 */
export function toTensor(
  rgb: Uint8Array,
  mean: PerChannel,
  std: PerChannel,
  tensor: Float32Array = new Float32Array(rgb.length),
): Float32Array {
  const plane = rgb.length / 3;
  for (let channel = 0; channel < 3; channel++) {
    const table = normalisedLevels(mean[channel]!, std[channel]!);
    const start = channel * plane;
    for (let i = 0, from = channel; i < plane; i++, from += 3) tensor[start + i] = table[rgb[from]!]!;
  }
  return tensor;
}

/** The normalised value of each of the 256 levels. */
function normalisedLevels(mean: number, std: number): Float32Array {
  const mean32 = Math.fround(mean);
  const std32 = Math.fround(std);
  return Float32Array.from({ length: 256 }, (_, level) => {
    const centred = Math.fround(Math.fround(level / 255) - mean32);
    return centred / std32;
  });
}
