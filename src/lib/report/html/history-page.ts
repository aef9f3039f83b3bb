import type { MetricPath } from '../../metrics/definitions.js';
import { METRIC_DEFINITIONS } from '../../metrics/definitions.js';
import { decimals, intervalText } from '../../text/numbers.js';
import { counted } from '../../text/plural.js';
import { historyChart } from '../charts/history.js';
import { chartFigure } from './chart-figure.js';
import { html, type Html } from './html.js';
import { renderPage, section } from './page.js';

type Runs = Parameters<typeof historyChart>[0];

/** Many runs over time, in one file that opens offline. */
export async function renderHistoryPage(
  runs: readonly (Runs[number] & { folder: string; inputSize: number })[],
  metrics: readonly MetricPath[],
): Promise<string> {
  const charts: Html[] = [];
  for (const metric of metrics) charts.push(await chartFigure(historyChart(runs, metric)));
  const table = html`<div class="scroll" tabindex="0" role="region" aria-label="Runs">
    <table class="side-by-side">
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col">Began</th>
          <th scope="col">Model</th>
          <th scope="col">Data set</th>
          ${metrics.map((metric) => html`<th scope="col" class="right">${METRIC_DEFINITIONS[metric].title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${[...runs].reverse().map(
          ({ folder, startedAt, model, inputSize, dataset, metrics: values }) =>
            html`<tr>
              <th scope="row">${folder}</th>
              <td>${startedAt.slice(0, 16).replace('T', ' ')}</td>
              <td>${model.name} ${model.version}${inputSize > 0 && `, ${inputSize}`}</td>
              <td>${dataset.name}</td>
              ${metrics.map(
                (metric) =>
                  html`<td class="right">
                    ${decimals(values[metric]!.value)}<br /><span class="muted"
                      >${intervalText(values[metric]!)}</span
                    >
                  </td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
  return renderPage(
    'History of validation runs',
    html`${counted(runs.length, 'run')}`,
    [
      { id: 'charts', text: 'Charts' },
      { id: 'runs', text: 'Runs' },
    ],
    html`${section('charts', 'Over time', html`<div class="charts">${charts}</div>`)}
    ${section('runs', 'Runs', table, html`The latest first.`)}`,
  );
}
