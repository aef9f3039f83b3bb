import pc from 'picocolors';
import { METRIC_DEFINITIONS, type MetricPath } from '../metrics/definitions.js';
import type { DifferenceVerdict } from '../metrics/compare.js';
import type { ChangedImage, Comparison, PairComparison } from '../report/comparison.js';
import { decimals, signed, VERDICT_WORDS } from '../report/numbers.js';
import { plainTable } from './table.js';

/** How many changed images the terminal shows; `--json` and `--html` have more. */
const SHOWN_IMAGES = 8;

/** A comparison as one can read it on a terminal: the verdict first. */
export function comparisonText(comparison: Comparison): string {
  const { runs, images } = comparison;
  const left = images.leftOut.map(({ run, count }) => `${count} of ${runs[run]!.name} left out`);
  return [
    ...comparison.comparisons.map(({ sentence, verdict }) => pc.bold(paint(verdict, sentence))),
    `${images.paired} images in pairs: ${[`${images.tampered} tampered`, `${images.authentic} authentic`, ...left].join(', ')}`,
    ...comparison.comparisons.flatMap((pair) => ['', pairText(comparison, pair)]),
  ].join('\n');
}

function pairText({ runs }: Comparison, pair: PairComparison): string {
  const [first, second] = [runs[0]!.name, runs[pair.run]!.name];
  const rows = (Object.keys(pair.differences) as MetricPath[]).map((path) => {
    const { first: before, second: now, difference, low, high, verdict } = pair.differences[path];
    return [
      path,
      decimals(before),
      decimals(now),
      signed(difference),
      low === null ? '' : `${signed(low)} to ${signed(high)}`,
      METRIC_DEFINITIONS[path].better === 'none' ? '' : paint(verdict, VERDICT_WORDS[verdict]),
    ];
  });
  const table = plainTable(['number', first, second, 'difference', '95 % interval', ''], rows, [
    'left',
    'right',
    'right',
    'right',
    'right',
    'left',
  ]);
  return [table, '', ...changedText(pair, first, second)].join('\n');
}

function changedText(
  { changed, improved, worsened }: PairComparison,
  first: string,
  second: string,
): string[] {
  if (changed.length === 0) return ['No image changed.'];
  const rows = changed
    .slice(0, SHOWN_IMAGES)
    .map(({ image, label, change, first, second }) => [
      image,
      label === 1 ? 'tampered' : 'authentic',
      paint(change > 0 ? 'better' : 'worse', signed(change, 2)),
      sideText(label, first),
      sideText(label, second),
    ]);
  return [
    `${second} is better on ${improved} images and worse on ${worsened}. Those that changed most:`,
    plainTable(['image', 'truth', 'change', first, second], rows, ['left', 'left', 'right', 'left', 'left']),
  ];
}

function sideText(label: ChangedImage['label'], side: ChangedImage['first']): string {
  const mask =
    label === 1
      ? `F1 ${decimals(side.f1, 2)}`
      : `marked ${side.tamperedFraction === null ? 'n/a' : `${(side.tamperedFraction * 100).toFixed(1)} %`}`;
  return `${mask}, score ${decimals(side.score, 2)}`;
}

function paint(verdict: DifferenceVerdict, text: string): string {
  if (verdict === 'better') return pc.green(text);
  if (verdict === 'worse') return pc.red(text);
  return verdict === 'unclear' || verdict === 'equal' ? pc.dim(text) : text;
}
