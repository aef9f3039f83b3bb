/** How panels are laid out and coloured. Reports that cut tiles out of a panel read the same numbers. */

/** Lengths of a panel, in pixels. */
export const PANEL = { margin: 16, gap: 12, header: 96, minWidth: 1220, tiles: 4 } as const;

/** Blue, orange and white: people with any kind of colour vision tell them apart, and none says "good" over a miss. */
export const PANEL_COLOURS = {
  background: [24, 25, 28],
  /** Tampered and not found. */
  truth: [40, 130, 255],
  /** Found and not tampered. */
  called: [255, 140, 0],
  /** Tampered and found. */
  both: [255, 255, 255],
} as const satisfies Record<string, readonly [number, number, number]>;

/** Where the tiles of a panel begin, from the left, and the panel's size. */
export function panelGeometry(tile: { width: number; height: number }): {
  width: number;
  height: number;
  tileLeft: number[];
  tileTop: number;
} {
  const { margin, gap, header, minWidth, tiles } = PANEL;
  const width = Math.max(minWidth, 2 * margin + tiles * tile.width + (tiles - 1) * gap);
  const cell = (width - 2 * margin + gap) / tiles;
  return {
    width,
    height: header + tile.height + margin,
    tileLeft: Array.from({ length: tiles }, (_, index) => Math.round(margin + index * cell)),
    tileTop: header,
  };
}
