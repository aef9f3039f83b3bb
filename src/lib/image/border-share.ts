/** Share of the outermost pixels of a grey image that are above a threshold. */
export function borderShare(
  { width, height, data }: { width: number; height: number; data: Uint8Array },
  threshold: number,
): number {
  let above = 0;
  let total = 0;
  for (let y = 0; y < height; y++) {
    const step = y === 0 || y === height - 1 ? 1 : Math.max(1, width - 1);
    for (let x = 0; x < width; x += step) {
      total++;
      if (data[y * width + x]! > threshold) above++;
    }
  }
  return above / total;
}
