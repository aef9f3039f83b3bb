import type { MetricPath } from '../../metrics/definitions.js';
import { metricAt, type RunSummary } from '../../run/summary.js';
import { CATEGORY_METRICS } from '../key-metrics.js';
import { html, type Html } from './html.js';
import { columnTitle, estimateCell } from './metric-cell.js';
import { folded, groupRows, groupsOf, metricName } from './metric-table.js';

/** The key metrics with a row a category, and on demand all of them with a column each. */
export function categoryTables(summary: RunSummary): Html {
  return html`${keyTable(summary)} ${folded('All metrics by category', fullTable(summary))}`;
}

function keyTable({ categories = [], metrics, headline }: RunSummary): Html {
  const paths: readonly MetricPath[] = [headline.path as MetricPath, ...CATEGORY_METRICS];
  const rows = [
    ...categories.map((each) => ({ ...each, total: false })),
    { name: 'All images', metrics, total: true, tampered: 0, authentic: 0, borrowed: 0 },
  ];
  return scrolled(
    'Key metrics by category',
    html`<thead>
        <tr>
          <th scope="col">Category</th>
          <th scope="col" class="right">Images</th>
          ${paths.map((path) => html`<th scope="col" class="right">${columnTitle(path)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              <th scope="row">${row.name}</th>
              <td class="right">${row.total ? '' : imagesText(row)}</td>
              ${paths.map((path) => estimateCell(path, metricAt(row.metrics, path)))}
            </tr>`,
        )}
      </tbody>`,
  );
}

function fullTable({ categories = [] }: RunSummary): Html {
  return scrolled(
    'All metrics by category',
    html`<thead>
        <tr>
          <th scope="col">Metric</th>
          ${categories.map(({ name }) => html`<th scope="col" class="right">${name}</th>`)}
        </tr>
      </thead>
      ${groupRows(
        groupsOf((path) => !path.startsWith('thresholds.')),
        categories.length + 1,
        (path) =>
          html`<tr>
            <th scope="row">${metricName(path)}</th>
            ${categories.map(({ metrics }) => estimateCell(path, metricAt(metrics, path)))}
          </tr>`,
      )}`,
  );
}

function scrolled(label: string, content: Html): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
    <table>
      ${content}
    </table>
  </div>`;
}

/** "12 tampered, 3 authentic" */
export function imagesText({
  tampered,
  authentic,
}: Pick<NonNullable<RunSummary['categories']>[number], 'tampered' | 'authentic'>): string {
  return [tampered > 0 && `${tampered} tampered`, authentic > 0 && `${authentic} authentic`]
    .filter(Boolean)
    .join(', ');
}
