/** The luminance table of ITU-T T.81, Annex K.1, which libjpeg scales by its quality; in zigzag order, as files hold it. */
const ANNEX_K = [
  16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58,
  51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103,
  62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
];

/**
 * The quality that libjpeg would have been asked for to save a JPEG file with its luminance table, 1 to 100: exact for
 * libjpeg's own files, the nearest for tables of cameras and other programs.
 *
 * @param head the first bytes of the file, up to its pixels
 * @returns null where no table is found
 */
export function jpegQuality(head: Uint8Array): number | null {
  const table = luminanceTable(head);
  if (!table) return null;
  let best = { quality: 1, distance: Infinity };
  for (let quality = 1; quality <= 100; quality++) {
    const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
    let distance = 0;
    for (let i = 0; i < 64; i++) {
      const step = Math.min(255, Math.max(1, Math.floor((ANNEX_K[i]! * scale + 50) / 100)));
      distance += Math.abs(step - table[i]!);
    }
    if (distance <= best.distance) best = { quality, distance };
  }
  return best.quality;
}

const DQT = 0xdb;
const START_OF_SCAN = 0xda;

/** The first table of the file's number 0. */
function luminanceTable(head: Uint8Array): number[] | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let at = 2;
  while (at + 4 <= head.length && head[at] === 0xff) {
    const marker = head[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === START_OF_SCAN) return undefined;
    const end = at + 2 + view.getUint16(at + 2);
    for (let table = at + 4; marker === DQT && table < end && table < head.length;) {
      const wide = head[table]! >> 4 !== 0;
      const from = table + 1;
      const next = from + (wide ? 128 : 64);
      if (next > head.length) return undefined;
      if ((head[table]! & 15) === 0)
        return Array.from({ length: 64 }, (_, i) => (wide ? view.getUint16(from + 2 * i) : head[from + i]!));
      table = next;
    }
    at = end;
  }
  return undefined;
}
