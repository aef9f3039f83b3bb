import type { RunRecord } from '../../run/record.js';
import type { Chart } from './chart.js';
import { categoryCharts } from './categories.js';
import { curveCharts } from './curves.js';
import { maskCharts } from './masks.js';
import { renderChart } from './render.js';
import { robustnessCharts } from './robustness.js';
import { confusionMatrix, reliabilityChart, scoreHistogram } from './scores.js';
import { sweepChart } from './sweep.js';
import { timeChart } from './time.js';

export type { Chart } from './chart.js';

/** All charts of a run, in the order in which a reader wants them. */
export function runCharts(record: RunRecord): Chart[] {
  return [
    confusionMatrix(record),
    scoreHistogram(record),
    ...curveCharts(record, 'image'),
    sweepChart(record, 'image'),
    reliabilityChart(record),
    sweepChart(record, 'pixel'),
    ...curveCharts(record, 'pixel'),
    ...maskCharts(record),
    ...categoryCharts(record),
    timeChart(record),
    ...(record.robustness ? robustnessCharts(record.robustness) : []),
  ];
}

/** Draws all charts of a run, one after the other. */
export async function* drawCharts(record: RunRecord): AsyncGenerator<Chart & { svg: string; png: Buffer }> {
  for (const chart of runCharts(record)) yield { ...chart, ...(await renderChart(chart.spec)) };
}
