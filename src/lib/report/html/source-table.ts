import { METRIC_DEFINITIONS } from '../../metrics/definitions.js';
import { metricAt, type RunSummary } from '../../run/summary.js';
import { decimals, intervalText } from '../../text/numbers.js';
import { html, type Html } from './html.js';
import { intervalBar } from './metric-table.js';

/** What each source of evidence says of the images alone, and what they come to together. */
export function sourceTable({ sources = [], metrics }: RunSummary): Html {
  const rows = [
    ...sources.map(({ title, auc }) => ({ title: `${title} alone`, auc })),
    { title: 'Together', auc: metricAt(metrics, 'image.auc')! },
  ];
  return html`<div class="scroll">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">${METRIC_DEFINITIONS['image.auc'].title} of the score</th>
          <th scope="col" class="right">Value</th>
          <th scope="col" class="right">95 % interval</th>
          <th scope="col" class="wide"><span class="sr">Interval drawn from 0 to 1</span></th>
          <th scope="col" class="right wide">Images</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ title, auc }) =>
            html`<tr>
              <th scope="row">${title}</th>
              ${
                auc.value === null
                  ? html`<td class="right">n/a</td>
                      <td colspan="2" class="muted">${auc.reason}</td>`
                  : html`<td class="right">${decimals(auc.value)}</td>
                      <td class="right">${intervalText(auc)}</td>
                      <td class="wide">${intervalBar(auc)}</td>`
              }
              <td class="right wide">${auc.n}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
