import type { RunRecord } from '../run-record.js';
import type { Chart } from './chart.js';
import { curveCharts } from './curves.js';
import { maskCharts } from './masks.js';
import { renderChart } from './render.js';
import { scoreCharts } from './scores.js';
import { sweepCharts } from './sweep.js';
import { timeChart } from './time.js';

export type { Chart } from './chart.js';

/** All charts of a run, in the order in which a reader wants them. */
export function runCharts(record: RunRecord): Chart[] {
  const [scores, confusion, reliability] = scoreCharts(record) as [Chart, Chart, Chart];
  const [imageRoc, imagePrecision, pixelRoc, pixelPrecision] = curveCharts(record) as [
    Chart,
    Chart,
    Chart,
    Chart,
  ];
  const [pixelSweep, imageSweep] = sweepCharts(record) as [Chart, Chart];
  return [
    confusion,
    scores,
    imageRoc,
    imagePrecision,
    imageSweep,
    reliability,
    pixelSweep,
    pixelRoc,
    pixelPrecision,
    ...maskCharts(record),
    timeChart(record),
  ];
}

/** Draws all charts of a run, one after the other. */
export async function* drawCharts(record: RunRecord): AsyncGenerator<Chart & { svg: string; png: Buffer }> {
  for (const chart of runCharts(record)) yield { ...chart, ...(await renderChart(chart.spec)) };
}
