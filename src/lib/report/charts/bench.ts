import { quantile } from '../../metrics/bootstrap.js';
import { chart, labelLayers, type Chart } from './chart.js';
import { COLOURS, PLOT } from './theme.js';

/** What the charts of a benchmark show of one configuration. */
export interface BenchedConfiguration {
  /** What sets it apart from the others on the chart. */
  label: string;
  /** Configurations of one series differ in the concurrent requests alone. */
  series: string;
  concurrency: number;
  /** Milliseconds of every run. */
  latencies: readonly number[];
  /** Resident memory. */
  memory: readonly { ms: number; bytes: number }[];
}

const PALETTE = [
  COLOURS.authentic,
  COLOURS.tampered,
  COLOURS.accent,
  COLOURS.second,
  COLOURS.third,
  COLOURS.ink,
];
const ROW_HEIGHT = 46;
/** More points than this make a line no finer. */
const MEMORY_POINTS = 300;

/** Distribution, latency against concurrent requests, and memory over time. */
export function benchCharts(subject: string, configurations: readonly BenchedConfiguration[]): Chart[] {
  return [
    distributionChart(subject, configurations),
    concurrencyChart(subject, configurations),
    memoryChart(subject, configurations),
  ];
}

/** Every run as a stroke, so that two humps and single outliers stay visible. */
function distributionChart(subject: string, configurations: readonly BenchedConfiguration[]): Chart {
  const runs = configurations.flatMap(({ label, latencies }) =>
    latencies.map((ms, run) => ({ label, ms, run: run + 1 })),
  );
  const marks = configurations.flatMap(({ label, latencies }) => {
    const sorted = [...latencies].sort((a, b) => a - b);
    const [p50, p95] = [quantile(sorted, 0.5), quantile(sorted, 0.95)];
    return [
      { label, kind: 'p50', ms: p50, text: whole(p50) },
      { label, kind: 'p95', ms: p95, text: whole(p95) },
    ];
  });
  const y = {
    field: 'label',
    type: 'nominal',
    sort: configurations.map(({ label }) => label),
    title: null,
    axis: { labelLimit: 320, grid: false, ticks: false, domain: false },
  };
  const x = {
    field: 'ms',
    type: 'quantitative',
    title: 'Milliseconds per image, end to end',
    scale: { zero: true },
  };
  const kinds = { domain: ['p50', 'p95'], range: [COLOURS.ink, COLOURS.tampered] };
  return chart(
    {
      name: 'latency-distribution',
      title: 'Latency of every run',
      subtitle: subject,
      size: { width: PLOT.width, height: Math.max(120, ROW_HEIGHT * configurations.length) },
    },
    {
      layer: [
        {
          data: { values: runs },
          mark: { type: 'tick', thickness: 1.5, size: 18, opacity: 0.45, color: COLOURS.authentic },
          encoding: {
            x,
            y,
            tooltip: [
              { field: 'label', title: 'Configuration' },
              { field: 'run', title: 'Run' },
              { field: 'ms', title: 'Milliseconds', format: '.4~r' },
            ],
          },
        },
        {
          data: { values: marks },
          mark: { type: 'tick', thickness: 3, size: 26, opacity: 1 },
          encoding: { x, y, color: { field: 'kind', type: 'nominal', scale: kinds } },
        },
        // Away from each other, so that neighbours do not lie on top of one another.
        ...(['p50', 'p95'] as const).flatMap((percentile) =>
          labelLayers(
            { values: marks.filter(({ kind }) => kind === percentile) },
            {
              baseline: 'bottom',
              dy: -14,
              fontSize: 11,
              ...(percentile === 'p50' ? { align: 'right', dx: 3 } : { align: 'left', dx: -3 }),
            },
            { x, y, text: { field: 'text' } },
          ),
        ),
      ],
    },
  );
}

function concurrencyChart(subject: string, configurations: readonly BenchedConfiguration[]): Chart {
  const values = configurations.flatMap(({ series, concurrency, latencies }) => {
    const sorted = [...latencies].sort((a, b) => a - b);
    return [
      { series, concurrency, percentile: 'p50', ms: quantile(sorted, 0.5) },
      { series, concurrency, percentile: 'p95', ms: quantile(sorted, 0.95) },
    ];
  });
  const series = [...new Set(values.map((value) => value.series))];
  return chart(
    { name: 'latency-concurrency', title: 'Latency by concurrency', subtitle: subject },
    {
      data: { values },
      mark: { type: 'line', point: { filled: true, size: 70 } },
      encoding: {
        x: { field: 'concurrency', type: 'ordinal', title: 'Concurrency', axis: { labelAngle: 0 } },
        y: {
          field: 'ms',
          type: 'quantitative',
          title: 'Milliseconds per image, end to end',
          scale: { zero: true },
        },
        color: {
          field: 'series',
          type: 'nominal',
          scale: { domain: series, range: PALETTE },
          ...(series.length === 1 && { legend: null }),
        },
        strokeDash: {
          field: 'percentile',
          type: 'nominal',
          scale: {
            domain: ['p50', 'p95'],
            range: [
              [1, 0],
              [5, 4],
            ],
          },
          legend: { symbolType: 'stroke', symbolStrokeWidth: 2.5, symbolSize: 400 },
        },
        tooltip: [
          { field: 'series', title: 'Series' },
          { field: 'concurrency', title: 'Concurrency' },
          { field: 'percentile', title: 'Percentile' },
          { field: 'ms', title: 'Milliseconds', format: '.4~r' },
        ],
      },
    },
  );
}

function memoryChart(subject: string, configurations: readonly BenchedConfiguration[]): Chart {
  const values = configurations.flatMap(({ label, memory }) => {
    const step = Math.max(1, Math.ceil(memory.length / MEMORY_POINTS));
    return memory
      .filter((_, index) => index % step === 0)
      .map(({ ms, bytes }) => ({ label, seconds: ms / 1000, megabytes: bytes / 1e6 }));
  });
  const labels = configurations.map(({ label }) => label);
  return chart(
    { name: 'memory', title: 'Resident memory over time', subtitle: subject },
    {
      data: { values },
      mark: { type: 'line', interpolate: 'step-after' },
      encoding: {
        x: { field: 'seconds', type: 'quantitative', title: 'Seconds of measuring' },
        y: { field: 'megabytes', type: 'quantitative', title: 'Megabytes', scale: { zero: true } },
        color: {
          field: 'label',
          type: 'nominal',
          scale: { domain: labels, range: PALETTE },
          legend: { columns: 2 },
        },
        tooltip: [
          { field: 'label', title: 'Configuration' },
          { field: 'seconds', title: 'Seconds', format: '.3~r' },
          { field: 'megabytes', title: 'Megabytes', format: '.4~r' },
        ],
      },
    },
  );
}

function whole(ms: number): string {
  return `${Number(ms.toPrecision(3))} ms`;
}
