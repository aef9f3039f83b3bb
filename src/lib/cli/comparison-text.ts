import pc from 'picocolors';
import { FEWEST_IMAGES, type DifferenceVerdict } from '../metrics/compare.js';
import type { MetricPath } from '../metrics/definitions.js';
import { counted } from '../text/plural.js';
import type { ChangedImage, Comparison, PairComparison } from '../run/comparison.js';
import { shortenedName } from '../text/names.js';
import { decimals, intervalText, percent, signed } from '../text/numbers.js';
import { plainTable } from './table.js';

/** How many changed images the terminal shows; `--json` and `--html` have more. */
const SHOWN_IMAGES = 8;

/** Below these widths of the terminal columns are left out, so that no row wraps. */
const WIDE = 90;
const MEDIUM = 76;

/** Longer names of runs do not stand above columns. */
const LONGEST_HEADING = 10;

/** Verdicts as they stand at the beginning of a row. */
const SIGNS: Readonly<Record<DifferenceVerdict, string>> = {
  better: 'better',
  worse: 'worse',
  unclear: '~',
  few: 'few',
  equal: '=',
  none: '',
};

const LEGEND: Partial<Record<DifferenceVerdict, string>> = {
  unclear: '~ not significant',
  few: `few: fewer than ${FEWEST_IMAGES} images, no verdict`,
};

/**
 * A comparison as one can read it on a terminal: the verdict first.
 *
 * @param columns width of the terminal
 */
export function comparisonText(comparison: Comparison, columns = Infinity): string {
  const { runs, images } = comparison;
  const left = images.leftOut.map(({ run, count }) => `${count} of ${runs[run]!.name} left out`);
  return [
    ...comparison.comparisons.map(({ sentence, verdict }) => pc.bold(paint(verdict, sentence))),
    `${counted(images.paired, 'image')} in pairs: ${[`${images.tampered} tampered`, `${images.authentic} authentic`, ...left].join(', ')}`,
    ...comparison.comparisons.flatMap((pair) => ['', pairText(comparison, pair, columns)]),
  ].join('\n');
}

function pairText({ runs }: Comparison, pair: PairComparison, columns: number): string {
  const names = [runs[0]!.name, runs[pair.run]!.name] as const;
  const areShort = names.every((name) => name.length <= LONGEST_HEADING);
  const [first, second] = areShort ? names : (['first', 'second'] as const);
  const paths = Object.keys(pair.differences) as MetricPath[];
  const shown = paths.filter((path) => {
    const { verdict, difference } = pair.differences[path];
    return verdict !== 'equal' && !(verdict === 'none' && difference === 0);
  });
  const rows = shown.map((path) => {
    const { first: before, second: now, difference, low, high, verdict } = pair.differences[path];
    return [
      paint(verdict, SIGNS[verdict]),
      path,
      ...(columns < WIDE ? [] : [decimals(before)]),
      decimals(now),
      signed(difference),
      ...(columns < MEDIUM ? [] : [intervalText({ low, high }, signed)]),
    ];
  });
  const head = [
    '',
    'metric',
    ...(columns < WIDE ? [] : [first]),
    second,
    'difference',
    ...(columns < MEDIUM ? [] : ['95 % interval']),
  ];
  const align = head.map((_, index) => (index < 2 ? 'left' : 'right'));
  const legend = (Object.keys(LEGEND) as DifferenceVerdict[])
    .filter((verdict) => shown.some((path) => pair.differences[path].verdict === verdict))
    .map((verdict) => pc.dim(LEGEND[verdict]));
  const equal = paths.length - shown.length;
  return [
    ...(areShort ? [] : [`first: ${names[0]}, second: ${names[1]}`]),
    ...(shown.length > 0 ? [plainTable(head, rows, align)] : []),
    ...legend,
    ...(equal > 0 ? [pc.dim(`= ${counted(equal, 'metric')} equal in both`)] : []),
    '',
    ...changedText(pair, first, second, columns),
  ].join('\n');
}

function changedText(
  { changed, improved, worsened }: PairComparison,
  first: string,
  second: string,
  columns: number,
): string[] {
  if (changed.length === 0) return ['No image changed.'];
  const isWide = columns >= WIDE + 20;
  const rows = changed
    .slice(0, SHOWN_IMAGES)
    .map(({ image, label, change, first, second }) => [
      paint(change > 0 ? 'better' : 'worse', signed(change, 2)),
      label === 1 ? 'tampered' : 'authentic',
      ...(columns < MEDIUM ? [] : [sideText(label, first, isWide), sideText(label, second, isWide)]),
      shortenedName(image, columns - (columns < MEDIUM ? 20 : isWide ? 75 : 50)),
    ]);
  const head = ['change', 'truth', ...(columns < MEDIUM ? [] : [first, second]), 'image'];
  return [
    `${second} is better on ${counted(improved, 'image')} and worse on ${worsened}. Those that changed most:`,
    plainTable(head, rows),
  ];
}

function sideText(label: ChangedImage['label'], side: ChangedImage['first'], isWide: boolean): string {
  const mask = label === 1 ? `F1 ${decimals(side.f1, 2)}` : `marked ${percent(side.tamperedFraction)}`;
  return isWide ? `${mask}, score ${decimals(side.score, 2)}` : mask;
}

function paint(verdict: DifferenceVerdict, text: string): string {
  if (verdict === 'better') return pc.green(text);
  if (verdict === 'worse') return pc.red(text);
  return verdict === 'none' ? text : pc.dim(text);
}
