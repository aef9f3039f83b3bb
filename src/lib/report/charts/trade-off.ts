import { metricAt } from '../../run/summary.js';
import { VARIANT_FILES, type Variants } from '../../run/variants.js';
import { formatMs } from '../../text/units.js';
import { chart, labelLayers, markedValue, missingChart, type Chart } from './chart.js';
import { COLOURS } from './theme.js';

const KINDS = ['recommended', 'on the front', 'another is better'] as const;
const KIND_COLOURS = [COLOURS.tampered, COLOURS.authentic, COLOURS.muted];

/** Accuracy against latency: each variant with the interval of its accuracy, and the Pareto front. */
export function tradeOffChart(variants: Variants): Chart {
  const { model, headline, recommendation, maxLatencyMs, dataset } = variants;
  const frame = { name: VARIANT_FILES.chart, title: `${headline.title} against latency` };
  const values = variants.variants.flatMap(({ name, metrics, latencyMs, onFront }) => {
    const { value, low, high } = metricAt(metrics, headline.path)!;
    if (value === null) return [];
    const kind = KINDS[name === recommendation.variant ? 0 : onFront ? 1 : 2];
    return [{ name, kind, onFront, value, low: low ?? value, high: high ?? value, ...latencyMs }];
  });
  if (values.length === 0) return missingChart(frame, `these data give no ${headline.title}`);
  const kinds = KINDS.filter((kind) => values.some((value) => value.kind === kind));
  const color = {
    field: 'kind',
    type: 'nominal',
    scale: { domain: kinds, range: kinds.map((kind) => KIND_COLOURS[KINDS.indexOf(kind)]) },
    // The budget's name stands between legend and plot.
    legend: { symbolOpacity: 1, offset: maxLatencyMs === null ? 10 : 26 },
  };
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    title: 'Milliseconds per image, end to end (median)',
    scale: { zero: true, nice: true },
  });
  const y = (field: string): object => ({
    field,
    type: 'quantitative',
    title: `${headline.title}, with its 95 % interval`,
    // Room for the names below the intervals.
    scale: { zero: false, padding: 26 },
    // The room may reach beyond the values that an F1 can have.
    axis: { labelExpr: "datum.value < 0 || datum.value > 1 ? '' : datum.label" },
  });
  const data = { values };
  return chart(
    {
      ...frame,
      subtitle: `${model.name} ${model.version} on ${dataset.name}; one image at a time, ${threadsText(variants.machine.threads)}`,
    },
    {
      layer: [
        {
          data: { values: values.filter(({ onFront }) => onFront) },
          mark: {
            type: 'line',
            interpolate: 'step-after',
            color: COLOURS.authentic,
            strokeWidth: 1.5,
            opacity: 0.5,
            tooltip: false,
          },
          encoding: { x: x('p50'), y: y('value') },
        },
        {
          data,
          mark: { type: 'rule', strokeWidth: 1.5, opacity: 0.6, tooltip: false },
          encoding: { x: x('p50'), y: y('low'), y2: { field: 'high' }, color },
        },
        {
          data,
          mark: { type: 'point', filled: true, size: 90, opacity: 1 },
          encoding: {
            x: x('p50'),
            y: y('value'),
            color,
            tooltip: [
              { field: 'name', title: 'Variant' },
              { field: 'value', title: headline.title, format: '.3f' },
              { field: 'low', title: 'Low', format: '.3f' },
              { field: 'high', title: 'High', format: '.3f' },
              { field: 'p50', title: 'Milliseconds (median)', format: '.4~r' },
              { field: 'p95', title: 'p95', format: '.4~r' },
            ],
          },
        },
        ...labelLayers(
          data,
          { align: 'center', baseline: 'top', dy: 5, fontSize: 12 },
          { x: x('p50'), y: y('low'), text: { field: 'name' } },
        ),
        ...(maxLatencyMs === null
          ? []
          : markedValue(maxLatencyMs, `budget ${formatMs(maxLatencyMs)}`, { isLeft: true })),
      ],
    },
  );
}

/** "2 threads" */
export function threadsText(threads: number): string {
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}
