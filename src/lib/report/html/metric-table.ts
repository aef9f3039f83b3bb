import { METRIC_DEFINITIONS, METRIC_PATHS, type MetricPath } from '../../metrics/definitions.js';
import type { Estimate } from '../../metrics/run-metrics.js';
import { decimals, intervalText } from '../numbers.js';
import { metricAt, type RunSummary } from '../run-summary.js';
import { html, type Html } from './html.js';

/** Headings of the table of numbers, and which numbers stand below each. */
export const METRIC_GROUPS: readonly (readonly [heading: string, prefix: string])[] = [
  ['Images: tampered or not', 'image.'],
  ['Masks, mean over tampered images', 'pixel.macro.'],
  ['Masks, pixels of all images together', 'pixel.micro.'],
  ['Masks of authentic images', 'pixel.falseAlarmArea'],
  ['Protocols of the field', 'protocols.'],
  ['Counts', 'counts.'],
  ['Thresholds', 'thresholds.'],
];

export function pathsOf(prefix: string): MetricPath[] {
  return METRIC_PATHS.filter((path) => path.startsWith(prefix));
}

/** Every number with its definition, its interval in figures and as a bar, and the images it rests on. */
export function metricTable({ metrics }: RunSummary): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="All numbers">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Number</th>
          <th scope="col" class="right">Value</th>
          <th scope="col" class="right interval">95 % interval</th>
          <th scope="col" class="wide"><span class="sr">Interval drawn from 0 to 1</span></th>
          <th scope="col" class="right wide">Images</th>
        </tr>
      </thead>
      ${METRIC_GROUPS.map(
        ([heading, prefix]) =>
          html`<tbody>
            <tr>
              <th colspan="5" scope="rowgroup" class="group">${heading}</th>
            </tr>
            ${pathsOf(prefix).map((path) => metricRow(path, metricAt(metrics, path)!))}
          </tbody>`,
      )}
    </table>
  </div>`;
}

function metricRow(path: MetricPath, estimate: Estimate): Html {
  const { value, reason, n } = estimate;
  return html`<tr>
    <th scope="row">${metricName(path)}</th>
    ${
      value === null
        ? html`<td class="right muted">n/a</td>
            <td colspan="2" class="muted">${reason}</td>`
        : html`<td class="right value">
              ${numberText(path, value)}<span class="narrow">${intervalText(estimate)}</span>
            </td>
            <td class="right interval">${intervalText(estimate)}</td>
            <td class="wide">${intervalBar(estimate)}</td>`
    }
    <td class="right wide">${n}</td>
  </tr>`;
}

/** A number's title, its address and what it means. */
export function metricName(path: MetricPath): Html {
  const { title, definition, better } = METRIC_DEFINITIONS[path];
  const way = better === 'none' ? '' : ` ${better === 'higher' ? 'Higher' : 'Lower'} is better.`;
  return html`<span class="name">${title}</span
    ><span class="definition">${definition}${way} <code>${path}</code></span>`;
}

/** Counts are whole; everything else has three digits. */
function numberText(path: MetricPath, value: number): string {
  return path.startsWith('counts.') ? value.toLocaleString('en') : decimals(value);
}

/** The interval on a line from 0 to 1; numbers that may be below zero are drawn from there. */
export function intervalBar({ value, low, high }: Estimate): Html {
  if (value === null || low === null || high === null) return html``;
  const place = (x: number): string => `${(Math.min(1, Math.max(0, x)) * 100).toFixed(2)}%`;
  return html`<span class="bar" aria-hidden="true"
    ><span class="bar-range" style="left:${place(low)};right:calc(100% - ${place(high)})"></span
    ><span class="bar-value" style="left:${place(value)}"></span
  ></span>`;
}
