import type { TopLevelSpec } from 'vega-lite';
import type { MetricPath } from '../../metrics/definitions.js';
import type { Estimate } from '../../metrics/run-metrics.js';
import type { RunRecord } from '../../run/record.js';
import { metricAt } from '../../run/summary.js';
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

export function images(n: number): string {
  return `${n.toLocaleString('en')} ${n === 1 ? 'image' : 'images'}`;
}

/** A bar of a histogram, narrower than its bin. */
interface Bar {
  from: number;
  to: number;
  count: number;
  /** The bin in words. */
  bin: string;
}

/**
 * Equal-width bins of values from 0 to `highest`; values above go into the last.
 *
 * @param part which part of its bin a bar takes, where several kinds share a bin
 */
export function histogram(
  values: readonly number[],
  bins: number,
  { highest = 1, part = [0.04, 0.96] }: { highest?: number; part?: readonly [number, number] } = {},
): Bar[] {
  const counts = new Array<number>(bins).fill(0);
  const width = highest / bins;
  for (const value of values) counts[Math.min(bins - 1, Math.floor(value / width))]!++;
  const edge = (bin: number): string => String(Number((bin * width).toPrecision(4)));
  return counts.map((count, bin) => ({
    from: (bin + part[0]) * width,
    to: (bin + part[1]) * width,
    count,
    bin: `${edge(bin)} – ${edge(bin + 1)}`,
  }));
}

/** The layer that draws bars standing on zero. */
export function barLayer(
  values: readonly Bar[],
  x: { title: string; domain: readonly [number, number]; ticks?: number },
  color: object,
  tooltip: readonly object[] = [],
): object {
  return {
    data: { values },
    mark: { type: 'rect' },
    encoding: {
      x: {
        field: 'from',
        type: 'quantitative',
        title: x.title,
        scale: { domain: x.domain, nice: false },
        axis: { tickCount: x.ticks ?? 10 },
      },
      x2: { field: 'to' },
      y: { field: 'count', type: 'quantitative', title: 'Images', axis: { tickMinStep: 1 } },
      y2: { datum: 0 },
      color,
      tooltip: [...tooltip, { field: 'bin', title: x.title }, { field: 'count', title: 'Images' }],
    },
  };
}

/**
 * A vertical line with its name above the plot, where neither bars nor other lines cross it.
 *
 * @param look.line on which line of text, counted from the plot upwards, the name stands
 */
export function markedValue(
  value: number,
  label: string,
  {
    colour = COLOURS.ink,
    isLeft = false,
    line = 0,
  }: { colour?: string; isLeft?: boolean; line?: number } = {},
): object[] {
  const data = { values: [{ value, label }] };
  const x = { field: 'value', type: 'quantitative' };
  return [
    {
      data,
      mark: { type: 'rule', color: colour, strokeWidth: 1.5, strokeDash: [5, 4] },
      encoding: { x, y: { value: -4 - line * 18 }, y2: { value: 'height' } },
    },
    {
      data,
      mark: {
        type: 'text',
        tooltip: false,
        color: colour,
        align: isLeft ? 'right' : 'left',
        dx: isLeft ? -5 : 5,
        baseline: 'bottom',
      },
      encoding: { x, y: { value: -2 - line * 18 }, text: { field: 'label' } },
    },
  ];
}

/** Text on a chart with a white rim, legible where it crosses a line. */
export function labelLayers(data: object, mark: object, encoding: object): object[] {
  const text = { type: 'text', tooltip: false, ...mark };
  return [
    { data, mark: { ...text, stroke: '#ffffff', strokeWidth: 4, color: '#ffffff' }, encoding },
    { data, mark: text, encoding },
  ];
}
