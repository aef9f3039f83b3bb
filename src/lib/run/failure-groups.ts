import type { ImageRow } from './rows.js';
import { outcomeOf } from './rows.js';

/** What went wrong with an image; null where nothing did, or nobody can tell. */
export const FAILURES = ['missed', 'false-alarm', 'wrong-place', 'too-large', 'too-small'] as const;
export type Failure = (typeof FAILURES)[number];

/** A mask that covers this much of the truth, or lies this much within it, is at the right place. */
const MOSTLY = 0.5;

/** A tampered image that is predicted so, whose mask overlaps the truth too little, is too large, too small, or elsewhere. */
export function failureOf(row: ImageRow): Failure | null {
  if (row.error !== null || row.label === null) return null;
  const outcome = outcomeOf(row);
  if (outcome === 'missed' || outcome === 'false-alarm') return outcome;
  if (outcome !== 'elsewhere') return null;
  if ((row.recall ?? 0) >= MOSTLY) return 'too-large';
  return (row.precision ?? 0) >= MOSTLY ? 'too-small' : 'wrong-place';
}

/** How often each kind of failure comes among images that share something. */
export interface FailureGroup {
  name: string;
  tampered: number;
  authentic: number;
  failures: Record<Failure, number>;
}

/** Images put together by one thing, e.g. their size. */
export interface FailureTable {
  by: string;
  groups: FailureGroup[];
}

type Bands = readonly (readonly [name: string, below: number])[];

const AREAS: Bands = [
  ['below 2 %', 0.02],
  ['2 to 10 %', 0.1],
  ['10 to 30 %', 0.3],
  ['30 % and more', Infinity],
];
const SIDES: Bands = [
  ['below 512', 512],
  ['512 to 1,023', 1024],
  ['1,024 to 2,047', 2048],
  ['2,048 and more', Infinity],
];
const QUALITIES: Bands = [
  ['below 60', 60],
  ['60 to 79', 80],
  ['80 to 89', 90],
  ['90 to 94', 95],
  ['95 to 100', Infinity],
];

/** Failures by category, tampered area, size, format and JPEG quality; tables of a single group tell nothing and are left out. */
export function failureTables(rows: readonly ImageRow[]): FailureTable[] {
  const scored = rows.filter(({ error, label }) => error === null && label !== null);
  const inBand = (bands: Bands, value: number | null): string | null =>
    value === null ? null : bands.find(([, below]) => value < below)![0];
  const tables: [by: string, keyOf: (row: ImageRow) => string | null, order?: Bands][] = [
    ['Category', ({ category }) => category],
    [
      'Tampered area',
      ({ label, truthFraction }) => (label === 1 ? inBand(AREAS, truthFraction) : null),
      AREAS,
    ],
    [
      'Longer side, in pixels',
      ({ width, height }) => inBand(SIDES, width === null ? null : Math.max(width, height!)),
      SIDES,
    ],
    ['Format', ({ format }) => format],
    ['JPEG quality', ({ jpegQuality }) => inBand(QUALITIES, jpegQuality), QUALITIES],
  ];
  return tables
    .map(([by, keyOf, order]) => ({ by, groups: grouped(scored, keyOf, order) }))
    .filter(({ groups }) => groups.length > 1);
}

function grouped(
  rows: readonly ImageRow[],
  keyOf: (row: ImageRow) => string | null,
  order: Bands | undefined,
): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const row of rows) {
    const name = keyOf(row);
    if (name === null) continue;
    let group = groups.get(name);
    if (!group) {
      const failures = Object.fromEntries(
        FAILURES.map((failure) => [failure, 0]),
      ) as FailureGroup['failures'];
      groups.set(name, (group = { name, tampered: 0, authentic: 0, failures }));
    }
    group[row.label === 1 ? 'tampered' : 'authentic']++;
    const failure = failureOf(row);
    if (failure) group.failures[failure]++;
  }
  const place = (name: string): number => order?.findIndex(([band]) => band === name) ?? 0;
  return [...groups.values()].sort((a, b) => place(a.name) - place(b.name) || (a.name < b.name ? -1 : 1));
}
