import { METRIC_DEFINITIONS, type MetricPath } from '../../metrics/definitions.js';
import type { Estimate } from '../../metrics/run-metrics.js';
import { chart, type Chart } from './chart.js';
import { COLOURS } from './theme.js';

/** A run as a chart over time sees it. */
interface Point {
  startedAt: string;
  dataset: { name: string };
  model: { name: string; version: string };
  build: string | null;
  metrics: Record<string, Estimate>;
}

/** A metric over time: a line for each data set, with its intervals. */
export function historyChart(runs: readonly Point[], metric: MetricPath): Chart {
  const values = runs.flatMap(({ startedAt, dataset, model, build, metrics }) => {
    const estimate = metrics[metric];
    if (!estimate || estimate.value === null) return [];
    const { value, low, high } = estimate;
    return [
      {
        at: startedAt,
        dataset: dataset.name,
        model: `${model.name} ${model.version}`,
        build: build ?? '',
        value,
        low: low ?? value,
        high: high ?? value,
      },
    ];
  });
  const datasets = [...new Set(values.map(({ dataset }) => dataset))];
  const range = [COLOURS.authentic, COLOURS.tampered, COLOURS.accent, COLOURS.second, COLOURS.third];
  const x = { field: 'at', type: 'temporal', title: null };
  const color = {
    field: 'dataset',
    type: 'nominal',
    legend: datasets.length > 1 ? { symbolOpacity: 1 } : null,
    scale: { domain: datasets, range: datasets.map((_, index) => range[index % range.length]) },
  };
  const y = (field: string): object => ({ field, type: 'quantitative', title: null, scale: { zero: false } });
  const data = { values };
  return chart(
    {
      name: `history-${metric.replaceAll('.', '-')}`,
      title: METRIC_DEFINITIONS[metric].title,
      subtitle: `${metric}, with 95 % intervals, by when runs began`,
    },
    {
      layer: [
        {
          data,
          mark: { type: 'rule', strokeWidth: 2, opacity: 0.5, tooltip: false },
          encoding: { x, y: y('low'), y2: { field: 'high' }, color },
        },
        {
          data,
          mark: { type: 'line', point: { size: 60, filled: true } },
          encoding: {
            x,
            y: y('value'),
            color,
            tooltip: [
              { field: 'at', type: 'temporal', title: 'Began', format: '%Y-%m-%d %H:%M' },
              { field: 'dataset', title: 'Data set' },
              { field: 'model', title: 'Model' },
              { field: 'build', title: 'Build of ofx' },
              { field: 'value', title: 'Value', format: '.3f' },
            ],
          },
        },
      ],
    },
  );
}
