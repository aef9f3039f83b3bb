import { METRIC_DEFINITIONS, type MetricPath } from '../../metrics/definitions.js';
import { metricText } from '../../metrics/wording.js';
import type { metricAt } from '../../run/summary.js';
import { intervalText } from '../../text/numbers.js';
import { counted } from '../../text/plural.js';
import { html, type Html } from './html.js';
import { levelOf } from './metric-table.js';

/** A metric with its interval below it, and of how many images. */
export function estimateCell(path: MetricPath, estimate: ReturnType<typeof metricAt>): Html {
  if (!estimate || estimate.value === null)
    return html`<td class="right muted" title="${estimate?.reason ?? 'not measured'}">n/a</td>`;
  const interval = intervalText(estimate);
  return html`<td class="right" title="${counted(estimate.n, 'image')}">
    ${metricText(path, estimate.value)}${interval !== '' && html`<br /><span class="muted">${interval}</span>`}
  </td>`;
}

/** What a column of a metric is called, where those of images and of pixels stand beside each other. */
export function columnTitle(path: MetricPath): string {
  const { title } = METRIC_DEFINITIONS[path];
  return path.startsWith('protocols.') ? title : `${levelOf(path)}: ${title}`;
}
