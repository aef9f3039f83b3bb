import { METRIC_DEFINITIONS, type MetricPath } from '../metrics/definitions.js';
import { withInterval } from '../text/numbers.js';
import type { HistoryRun } from '../validate/history.js';
import { plainTable } from './table.js';

/** Runs over time for a terminal, the latest last. */
export function historyText(
  runs: readonly HistoryRun[],
  metrics: readonly MetricPath[],
  page: string | undefined,
): string {
  const head = [
    'began',
    'run',
    'model',
    'data set',
    ...metrics.map((metric) => METRIC_DEFINITIONS[metric].title),
  ];
  const rows = runs.map(({ startedAt, folder, model, inputSize, dataset, metrics: values }) => [
    startedAt.slice(0, 16).replace('T', ' '),
    folder,
    `${model.name} ${model.version}${inputSize > 0 ? ` at ${inputSize}` : ''}`,
    dataset.name,
    ...metrics.map((metric) => withInterval(values[metric]!)),
  ]);
  return [plainTable(head, rows), ...(page === undefined ? [] : ['', `open ${page}`])].join('\n');
}
