/**
 * The colour that OpenCV shows through transparent pixels: the entry of the global palette that the header names as
 * background, or black where there is no such palette.
 */
export function gifBackground(file: Uint8Array): [number, number, number] {
  const flags = file[10]!;
  const hasPalette = (flags & 0x80) !== 0;
  const colours = 2 << (flags & 7);
  const index = file[11]!;
  if (!hasPalette || index >= colours) return [0, 0, 0];
  const at = 13 + 3 * index;
  return [file[at] ?? 0, file[at + 1] ?? 0, file[at + 2] ?? 0];
}
