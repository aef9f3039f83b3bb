import { quantile } from '../../metrics/bootstrap.js';
import type { RunRecord } from '../run-record.js';
import { chart, histogram, images, markedValue, missingChart, type Chart } from './chart.js';
import { COLOURS } from './theme.js';

const BINS = 30;

/** How long an image takes. */
export function timeChart({ rows, summary }: RunRecord): Chart {
  const frame = { name: 'time', title: 'Time per image' };
  const times = rows.flatMap(({ ms }) => ms ?? []).sort((a, b) => a - b);
  if (times.length === 0) return missingChart(frame, 'no image was scored');
  const median = quantile(times, 0.5);
  const slowest = quantile(times, 0.95);
  // Few slow outliers would press all others into one bin.
  const highest = niceCeiling(Math.max(quantile(times, 0.99), median * 1.5));
  const { model, machine } = summary;
  return chart(
    {
      ...frame,
      subtitle: `Preprocessing and inference at ${model.inputSize} × ${model.inputSize}, ${machine.threads} threads; ${images(times.length)}`,
    },
    {
      layer: [
        {
          data: { values: histogram(times, BINS, highest) },
          mark: { type: 'bar', color: COLOURS.authentic, binSpacing: 1.5 },
          encoding: {
            x: {
              field: 'low',
              bin: { binned: true, step: highest / BINS },
              title: 'Milliseconds',
              axis: { tickCount: 8 },
              scale: { domain: [0, highest] },
            },
            x2: { field: 'high' },
            y: { field: 'count', type: 'quantitative', title: 'Images' },
          },
        },
        ...markedValue(median, `median ${median.toFixed(0)} ms`, COLOURS.ink, false),
        ...(slowest < highest
          ? markedValue(slowest, `95 % within ${slowest.toFixed(0)} ms`, COLOURS.tampered)
          : []),
      ],
    },
  );
}

/** The next number of the series 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((one) => one * power >= value) ?? 10;
  return step * power;
}
