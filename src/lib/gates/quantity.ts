import { formatBytes, formatMs } from '../text/units.js';

/** What kind of number a quantity is: which units it is written with, and how it is shown. */
export type Dimension = keyof typeof DIMENSIONS;

interface DimensionRules {
  /** Factors to the base unit, by unit in lower case; the empty one stands for no unit. */
  units: Readonly<Record<string, number>>;
  example: string;
  show: (value: number) => string;
}

export const DIMENSIONS = {
  /** Base unit: milliseconds. */
  time: { units: { us: 1e-3, ms: 1, s: 1000, min: 60_000 }, example: '500ms', show: formatMs },
  /** Base unit: bytes. */
  memory: {
    units: { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 },
    example: '2GB',
    show: formatBytes,
  },
  /** Base unit: a second. */
  rate: {
    units: { '/s': 1, '/min': 1 / 60, '/h': 1 / 3600 },
    example: '2/s',
    show: (value) => `${value.toPrecision(3)}/s`,
  },
  count: { units: { '': 1 }, example: '2', show: plainNumber },
  /** A number between 0 and 1 in most cases; a percentage is a hundredth of it. */
  share: { units: { '': 1, '%': 0.01 }, example: '0.4', show: plainNumber },
} as const satisfies Record<string, DimensionRules>;

/** Four significant digits, and whole numbers as they are. */
function plainNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** The factor of a unit, undefined where the dimension does not have it. */
export function unitFactor(dimension: Dimension, unit: string): number | undefined {
  const units: Readonly<Record<string, number>> = DIMENSIONS[dimension].units;
  const name = unit.toLowerCase().replace('µ', 'u');
  return Object.hasOwn(units, name) ? units[name] : undefined;
}

export function showQuantity(dimension: Dimension, value: number): string {
  return DIMENSIONS[dimension].show(value);
}
