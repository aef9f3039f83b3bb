import type { TopLevelSpec } from 'vega-lite';
import { FONT_FAMILY } from '../raster.js';

/** Colours of Okabe and Ito (2008), which people with any kind of colour vision tell apart. */
export const COLOURS = {
  tampered: '#d55e00',
  authentic: '#0072b2',
  accent: '#009e73',
  second: '#cc79a7',
  third: '#e69f00',
  muted: '#8a8f98',
  ink: '#1f2328',
} as const;

/** The size of a chart's plot, in pixels. */
export const PLOT = { width: 520, height: 320 } as const;
export const SQUARE_PLOT = { width: 360, height: 360 } as const;

const GRID = '#e7e9ec';
const TEXT = '#4b5058';

/** One look for all charts. */
export const THEME = {
  background: '#ffffff',
  padding: 20,
  font: `${FONT_FAMILY}, Helvetica, Arial, sans-serif`,
  title: {
    anchor: 'start',
    color: COLOURS.ink,
    fontSize: 17,
    fontWeight: 600,
    subtitleColor: TEXT,
    subtitleFontSize: 13,
    subtitlePadding: 6,
    offset: 16,
  },
  axis: {
    labelColor: TEXT,
    labelFontSize: 12,
    // The first and the last label stand at their tick, too: moved inward, the scale would look uneven.
    labelFlush: false,
    titleColor: COLOURS.ink,
    titleFontSize: 13,
    titleFontWeight: 400,
    titlePadding: 10,
    gridColor: GRID,
    domainColor: '#b9bec5',
    tickColor: '#b9bec5',
    tickSize: 4,
  },
  legend: {
    labelColor: COLOURS.ink,
    labelFontSize: 13,
    labelLimit: 0,
    title: null,
    titleFontSize: 12,
    titleFontWeight: 400,
    orient: 'top',
    direction: 'horizontal',
    symbolSize: 110,
    offset: 10,
    columnPadding: 22,
  },
  view: { stroke: null },
  mark: { tooltip: true },
  line: { strokeWidth: 2.5, strokeCap: 'round', strokeJoin: 'round' },
  text: { color: COLOURS.ink, fontSize: 13 },
} as const satisfies NonNullable<TopLevelSpec['config']>;
