import type { MetricPath } from '../../metrics/definitions.js';
import { metricText } from '../../metrics/wording.js';
import { averageAt, type Suite } from '../../run/suite.js';
import { describeScoring, describeSize, metricAt } from '../../run/summary.js';
import { decimals } from '../../text/numbers.js';
import { counted } from '../../text/plural.js';
import { sideBySide } from '../charts/categories.js';
import { CATEGORY_METRICS } from '../key-metrics.js';
import { chartFigure } from './chart-figure.js';
import { html, type Html } from './html.js';
import { columnTitle, estimateCell } from './metric-cell.js';
import { folded, groupRows, groupsOf, metricName } from './metric-table.js';
import { factList, renderPage, section } from './page.js';
import { gateRows } from './run-page.js';

/** `suite.html`: data sets side by side, each with a link to its own report. */
export async function renderSuitePage(suite: Suite, hasReports: boolean): Promise<string> {
  const { model, datasets, gates, settings, startedAt, seconds } = suite;
  const chart = await chartFigure(
    sideBySide(
      {
        name: 'datasets',
        title: 'Metrics by data set',
        subtitle: 'with 95 % intervals (bootstrap over images)',
      },
      datasets,
    ),
  );
  const warnings = datasets.flatMap((one) => one.warnings.map((text) => `${one.name}: ${text}`));
  const parts = [
    warnings.length > 0 &&
      html`<ul class="warnings">
        ${warnings.map((warning) => html`<li>${warning}</li>`)}
      </ul>`,
    gates.length > 0 && section('gates', 'Gates', gateRows(gates)),
    section(
      'numbers',
      'Data sets',
      html`${keyTable(suite, hasReports)} ${folded('All metrics', fullTable(suite))}`,
      html`The average counts each data set alike, however many images it has, as papers give it.`,
    ),
    section('charts', 'Charts', html`<div class="charts">${chart}</div>`),
    section(
      'about',
      'What was measured',
      factList([
        ['Model', `${model.name} ${model.version}`],
        ['SHA-256 of the model', html`<code class="hash">${model.sha256}</code>`],
        ['Input', `${describeSize(model)}, ${model.precision}`],
        ['Seen', describeScoring(settings)],
        ['Protocol', settings.protocol],
        ['Score threshold', String(settings.scoreThreshold)],
        ['Mask threshold', String(settings.maskThreshold)],
        ['Wall time', `${seconds.toFixed(0)} s`],
      ]),
    ),
  ];
  return renderPage(
    `${model.name} ${model.version} on ${counted(datasets.length, 'data set')}`,
    html`${datasets.map(({ name }) => name).join(', ')}; ${startedAt.slice(0, 10)}, ofx ${suite.ofx}`,
    [
      ...(gates.length > 0 ? [{ id: 'gates', text: 'Gates' }] : []),
      { id: 'numbers', text: 'Data sets' },
      { id: 'charts', text: 'Charts' },
      { id: 'about', text: 'What was measured' },
    ],
    html`${parts}`,
  );
}

function keyTable(suite: Suite, hasReports: boolean): Html {
  const paths: readonly MetricPath[] = [suite.headline.path as MetricPath, ...CATEGORY_METRICS];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Data sets">
    <table class="side-by-side">
      <thead>
        <tr>
          <th scope="col">Data set</th>
          <th scope="col" class="right">Images</th>
          ${paths.map((path) => html`<th scope="col" class="right">${columnTitle(path)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${suite.datasets.map(
          ({ name, folder, samples, failed, metrics }) =>
            html`<tr>
              <th scope="row">
                ${hasReports ? html`<a href="${encodeURIComponent(folder)}/report.html">${name}</a>` : name}
              </th>
              <td class="right">
                ${samples}${failed > 0 && html` <span class="bad">${failed} failed</span>`}
              </td>
              ${paths.map((path) => estimateCell(path, metricAt(metrics, path)))}
            </tr>`,
        )}
        <tr>
          <th scope="row">Average</th>
          <td></td>
          ${paths.map((path) => html`<td class="right value">${decimals(averageAt(suite, path))}</td>`)}
        </tr>
      </tbody>
    </table>
  </div>`;
}

function fullTable(suite: Suite): Html {
  const groups = groupsOf((path) => !path.startsWith('thresholds.'));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="All metrics by data set">
    <table class="side-by-side">
      <thead>
        <tr>
          <th scope="col">Metric</th>
          ${suite.datasets.map(({ name }) => html`<th scope="col" class="right">${name}</th>`)}
          <th scope="col" class="right">Average</th>
        </tr>
      </thead>
      ${groupRows(
        groups,
        suite.datasets.length + 2,
        (path) =>
          html`<tr>
            <th scope="row">${metricName(path)}</th>
            ${suite.datasets.map(
              ({ metrics }) =>
                html`<td class="right">${metricText(path, metricAt(metrics, path)?.value ?? null)}</td>`,
            )}
            <td class="right">${path.startsWith('counts.') ? '' : decimals(averageAt(suite, path))}</td>
          </tr>`,
      )}
    </table>
  </div>`;
}
