import type { TopLevelSpec } from 'vega-lite';
import type { MetricPath } from '../../metrics/definitions.js';
import type { Estimate } from '../../metrics/run-metrics.js';
import type { RunRecord } from '../run-record.js';
import { metricAt } from '../run-summary.js';
import { COLOURS, PLOT, THEME } from './theme.js';

/** A chart before it is drawn. */
export interface Chart {
  /** Part of its files' names. */
  name: string;
  title: string;
  spec: TopLevelSpec;
}

/** What stands inside of the frame that all charts share. */
export type Plot = { layer: object[] } | { mark: object; encoding: object };

interface Frame {
  name: string;
  title: string;
  subtitle: string;
  size?: { width: number; height: number };
}

export function chart(
  { name, title, subtitle, size = PLOT }: Frame,
  plot: Plot & Record<string, unknown>,
): Chart {
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: `${title}. ${subtitle}`,
    title: { text: title, subtitle },
    ...size,
    config: THEME,
    ...plot,
  };
  return { name, title, spec: spec as unknown as TopLevelSpec };
}

/** A chart that the data cannot give: the frame stays, so that every run has the same files, and says why. */
export function missingChart({ name, title, size = PLOT }: Omit<Frame, 'subtitle'>, reason: string): Chart {
  return chart(
    { name, title, subtitle: 'n/a', size },
    {
      data: { values: [{ text: `n/a: ${reason}` }] },
      mark: { type: 'text', color: COLOURS.muted, fontSize: 14, tooltip: false },
      encoding: { text: { field: 'text' } },
    },
  );
}

export function estimateAt({ summary }: RunRecord, path: MetricPath): Estimate {
  return metricAt(summary.metrics, path)!;
}

/** "0.931 (95 %: 0.902–0.954)" */
export function withInterval({ value, low, high }: Estimate): string {
  if (value === null) return 'n/a';
  return low === null || high === null
    ? value.toFixed(3)
    : `${value.toFixed(3)} (95 %: ${low.toFixed(3)}–${high.toFixed(3)})`;
}

export function images(n: number): string {
  return `${n.toLocaleString('en')} ${n === 1 ? 'image' : 'images'}`;
}

/** Equal-width bins of values from 0 to `highest`; values above go into the last. */
export function histogram(
  values: readonly number[],
  bins: number,
  highest = 1,
): { low: number; high: number; count: number }[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.floor((value / highest) * bins))]!++;
  return counts.map((count, bin) => ({
    low: (bin / bins) * highest,
    high: ((bin + 1) / bins) * highest,
    count,
  }));
}

/** A vertical line with its name beside its upper end. */
export function markedValue(
  value: number,
  label: string,
  colour: string = COLOURS.ink,
  right = true,
): object[] {
  const data = { values: [{ value, label }] };
  return [
    {
      data,
      mark: { type: 'rule', color: colour, strokeWidth: 1.5, strokeDash: [5, 4] },
      encoding: { x: { field: 'value', type: 'quantitative' } },
    },
    {
      data,
      mark: {
        type: 'text',
        color: colour,
        align: right ? 'left' : 'right',
        dx: right ? 6 : -6,
        baseline: 'top',
        tooltip: false,
      },
      encoding: {
        x: { field: 'value', type: 'quantitative' },
        y: { value: 2 },
        text: { field: 'label' },
      },
    },
  ];
}
