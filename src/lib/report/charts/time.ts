import { quantile } from '../../metrics/bootstrap.js';
import type { RunRecord } from '../../run/record.js';
import { describeSize } from '../../run/summary.js';
import { barLayer, chart, histogram, images, markedValue, missingChart, type Chart } from './chart.js';
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
      subtitle: `Preprocessing and inference at ${describeSize(model)}, ${machine.threads} threads; ${images(times.length)}`,
    },
    {
      layer: [
        barLayer(
          histogram(times, BINS, { highest }),
          { title: 'Milliseconds', domain: [0, highest], ticks: 6 },
          { value: COLOURS.authentic },
        ),
        ...markedValue(median, `median ${median.toFixed(0)} ms`, { isLeft: median > 0.7 * highest }),
        ...(slowest < highest
          ? markedValue(slowest, `95 % within ${slowest.toFixed(0)} ms`, {
              colour: COLOURS.tampered,
              isLeft: slowest > 0.7 * highest,
              line: 1,
            })
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
