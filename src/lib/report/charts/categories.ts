import type { MetricPath } from '../../metrics/definitions.js';
import { quantile } from '../../metrics/bootstrap.js';
import type { RunRecord } from '../../run/record.js';
import { metricAt, type NestedMetrics } from '../../run/summary.js';
import { chart, images, type Chart } from './chart.js';
import { COLOURS, PLOT } from './theme.js';

const LINES: readonly (readonly [path: MetricPath, title: string, colour: string])[] = [
  ['pixel.macro.f1', 'Pixel F1 (macro)', COLOURS.authentic],
  ['image.auc', 'Image ROC AUC', COLOURS.tampered],
  ['image.recall', 'Image recall', COLOURS.accent],
];

/** A row a number, and some room around those of a category. */
const ROW = 18;
const GAP = 14;

/** Categories side by side: their numbers, and how their scores lie. None where a run has no categories. */
export function categoryCharts(record: RunRecord): Chart[] {
  const { categories = [] } = record.summary;
  return categories.length === 0
    ? []
    : [
        sideBySide(
          {
            name: 'categories',
            title: 'Metrics by category',
            subtitle: 'with 95 % intervals, where a category has more than one image',
          },
          categories,
        ),
        scores(record),
      ];
}

/** Key metrics of several things side by side, each with its interval. */
export function sideBySide(
  frame: { name: string; title: string; subtitle: string },
  categories: readonly { name: string; metrics: NestedMetrics }[],
): Chart {
  const values = categories.flatMap(({ name, metrics }) =>
    LINES.flatMap(([path, title]) => {
      const estimate = metricAt(metrics, path);
      if (!estimate || estimate.value === null) return [];
      return [{ category: name, metric: title, ...estimate }];
    }),
  );
  const names = categories.map(({ name }) => name);
  const y = {
    field: 'category',
    type: 'nominal',
    title: null,
    scale: { domain: names, paddingInner: 0.3, paddingOuter: 0.2 },
    axis: { labelLimit: 160, ticks: false },
  };
  const titles = LINES.map(([, title]) => title);
  const yOffset = { field: 'metric', type: 'nominal', sort: titles, scale: { domain: titles } };
  const color = {
    field: 'metric',
    type: 'nominal',
    legend: { symbolOpacity: 1 },
    scale: { domain: titles, range: LINES.map(([, , colour]) => colour) },
  };
  const scale = { domain: [0, 1] };
  const tooltip = [
    { field: 'category', title: 'Of' },
    { field: 'metric', title: 'Metric' },
    { field: 'value', title: 'Value', format: '.3f' },
    { field: 'low', title: 'Low', format: '.3f' },
    { field: 'high', title: 'High', format: '.3f' },
    { field: 'n', title: 'Images' },
  ];
  return chart(
    {
      ...frame,
      size: { width: PLOT.width, height: names.length * (LINES.length * ROW + GAP) },
    },
    {
      layer: [
        {
          data: { values },
          mark: { type: 'bar', opacity: 0.35 },
          encoding: {
            y,
            yOffset,
            color,
            x: { field: 'value', type: 'quantitative', title: null, scale },
            tooltip,
          },
        },
        {
          data: { values: values.filter(({ low }) => low !== null) },
          mark: { type: 'rule', strokeWidth: 2, tooltip: false },
          encoding: {
            y,
            yOffset,
            color,
            x: { field: 'low', type: 'quantitative', title: null, scale },
            x2: { field: 'high' },
          },
        },
        {
          data: { values },
          mark: { type: 'tick', thickness: 3, size: ROW * 0.7, tooltip: false },
          encoding: {
            y,
            yOffset,
            color,
            x: { field: 'value', type: 'quantitative', title: null, scale },
          },
        },
      ],
    },
  );
}

const KINDS = [
  { label: 1, title: 'tampered', colour: COLOURS.tampered },
  { label: 0, title: 'authentic', colour: COLOURS.authentic },
] as const;

function scores({ rows, summary: { categories = [], settings } }: RunRecord): Chart {
  const byName = new Map<string, Record<0 | 1, number[]>>();
  for (const { category, label, score } of rows) {
    if (label === null || score === null) continue;
    const name = category ?? 'no category';
    if (!byName.has(name)) byName.set(name, { 0: [], 1: [] });
    byName.get(name)![label].push(score);
  }
  const names = categories.map(({ name }) => name);
  if (byName.has('no category')) names.push('no category');
  const values = names.flatMap((name) =>
    KINDS.flatMap(({ label, title }) => {
      const scored = byName.get(name)?.[label] ?? [];
      if (scored.length === 0) return [];
      const sorted = Float64Array.from(scored).sort();
      const [least, low, median, high, most] = [0.05, 0.25, 0.5, 0.75, 0.95].map((share) =>
        quantile(sorted, share),
      );
      return [{ category: name, kind: title, n: images(sorted.length), least, low, median, high, most }];
    }),
  );
  const y = {
    field: 'category',
    type: 'nominal',
    title: null,
    scale: { domain: names, paddingInner: 0.3, paddingOuter: 0.2 },
    axis: { labelLimit: 160, ticks: false },
  };
  const titles = KINDS.map(({ title }) => title);
  const yOffset = { field: 'kind', type: 'nominal', sort: titles, scale: { domain: titles } };
  const color = {
    field: 'kind',
    type: 'nominal',
    legend: { symbolOpacity: 1 },
    scale: { domain: titles, range: KINDS.map(({ colour }) => colour) },
  };
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    title: 'Score',
    scale: { domain: [0, 1] },
  });
  const data = { values };
  return chart(
    {
      name: 'category-scores',
      title: 'Scores by category',
      subtitle:
        'Line: the middle 90 % of images; bar: the middle half; tick: the median; dashed: the threshold',
      size: { width: PLOT.width, height: names.length * (KINDS.length * ROW + GAP) },
    },
    {
      layer: [
        {
          data,
          mark: { type: 'rule', strokeWidth: 2, tooltip: false },
          encoding: { y, yOffset, color, x: x('least'), x2: { field: 'most' } },
        },
        {
          data,
          mark: { type: 'bar', opacity: 0.5 },
          encoding: {
            y,
            yOffset,
            color,
            x: x('low'),
            x2: { field: 'high' },
            tooltip: [
              { field: 'category', title: 'Category' },
              { field: 'kind', title: 'Label' },
              { field: 'n', title: 'Images' },
              { field: 'median', title: 'Median', format: '.3f' },
            ],
          },
        },
        {
          data,
          mark: { type: 'tick', thickness: 3, size: ROW * 0.7, tooltip: false },
          encoding: { y, yOffset, color, x: x('median') },
        },
        {
          data: { values: [{ value: settings.scoreThreshold }] },
          mark: { type: 'rule', color: COLOURS.ink, strokeDash: [5, 4], strokeWidth: 1.5, tooltip: false },
          encoding: { x: x('value') },
        },
      ],
    },
  );
}
