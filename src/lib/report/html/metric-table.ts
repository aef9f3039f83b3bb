import { METRIC_DEFINITIONS, METRIC_PATHS, type MetricPath } from '../../metrics/definitions.js';
import type { Estimate } from '../../metrics/run-metrics.js';
import { KEY_METRICS } from '../key-metrics.js';
import { metricText } from '../../metrics/wording.js';
import { intervalText } from '../../text/numbers.js';
import { metricAt, type RunSummary } from '../../run/summary.js';
import { html, type Html } from './html.js';

/** Headings of the table of numbers, and which numbers stand below each. */
const METRIC_GROUPS: readonly (readonly [heading: string, prefix: string])[] = [
  ['Images: tampered or not', 'image.'],
  ['Masks, mean over tampered images', 'pixel.macro.'],
  ['Masks, pixels of all images together', 'pixel.micro.'],
  ['Masks of authentic images', 'pixel.falseAlarmArea'],
  ['Protocols of the field', 'protocols.'],
  ['Counts', 'counts.'],
  ['Thresholds', 'thresholds.'],
];

interface MetricGroup {
  heading: string;
  paths: readonly MetricPath[];
}

/** Whether a number is about images or about masks; titles alone do not always say. */
export function levelOf(path: MetricPath): string {
  return path.startsWith('image.') ? 'Images' : 'Masks';
}

/** The groups of a table, without those that have no number in it. */
export function groupsOf(isShown: (path: MetricPath) => boolean): MetricGroup[] {
  return METRIC_GROUPS.map(([heading, prefix]) => ({
    heading,
    paths: METRIC_PATHS.filter((path) => path.startsWith(prefix) && isShown(path)),
  })).filter(({ paths }) => paths.length > 0);
}

/** The key metrics, and all of them on demand, each with its interval in figures and as a bar, and the images it rests on. */
export function metricTables({ metrics }: RunSummary): Html {
  const row = (path: MetricPath): Html => metricRow(path, metricAt(metrics, path)!);
  const table = (label: string, isShown: (path: MetricPath) => boolean): Html =>
    metricTable(label, groupRows(groupsOf(isShown), 5, row));
  const main = table('Key metrics', (path) => KEY_METRICS.includes(path));
  const all = table('All metrics', () => true);
  return html`${main} ${wordList()} ${folded('All metrics', all)}`;
}

function metricTable(label: string, body: Html): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Metric</th>
          <th scope="col" class="right">Value</th>
          <th scope="col" class="right interval">95 % interval</th>
          <th scope="col" class="wide"><span class="sr">Interval drawn from 0 to 1</span></th>
          <th scope="col" class="right wide">Images</th>
        </tr>
      </thead>
      ${body}
    </table>
  </div>`;
}

/** Rows of a table below the headings of their groups. */
export function groupRows(
  groups: readonly MetricGroup[],
  columns: number,
  row: (path: MetricPath) => Html,
): Html {
  return html`${groups.map(
    ({ heading, paths }) =>
      html`<tbody>
        <tr>
          <th colspan="${columns}" scope="rowgroup" class="group">${heading}</th>
        </tr>
        ${paths.map(row)}
      </tbody>`,
  )}`;
}

/** A part of a page that is long and not everybody's. */
export function folded(title: string, content: Html): Html {
  return html`<details class="fold">
    <summary>${title}</summary>
    ${content}
  </details>`;
}

/** What the words in the names of numbers mean. */
export function wordList(): Html {
  return folded(
    'Words: macro, micro, best t, oracle, protocol',
    html`<dl class="words">
      ${WORDS.map(
        ([word, meaning]) =>
          html`<div>
            <dt>${word}</dt>
            <dd>${meaning}</dd>
          </div>`,
      )}
    </dl>`,
  );
}

const WORDS: readonly (readonly [word: string, meaning: string])[] = [
  ['macro', 'One value an image, then the mean over tampered images: small regions count as much as large.'],
  ['micro', 'One count over all pixels of all images: large images and large regions dominate.'],
  ['t', 'The threshold: a pixel is predicted tampered where its probability is above.'],
  ['best t', 'One threshold for the whole data set, chosen on that data set: optimistic.'],
  ['oracle', 'Each image at its own best threshold, which nobody can know in use: the most optimistic.'],
  ['protocol', 'A way of the field to count pixels, at t = 0.5, to be held against published tables.'],
];

function metricRow(path: MetricPath, estimate: Estimate): Html {
  const { value, reason, n } = estimate;
  return html`<tr>
    <th scope="row">${metricName(path)}</th>
    ${
      value === null
        ? html`<td class="right muted">n/a</td>
            <td colspan="2" class="muted">${reason}</td>`
        : html`<td class="right value">
              ${metricText(path, value)}<span class="narrow">${intervalText(estimate)}</span>
            </td>
            <td class="right interval">${intervalText(estimate)}</td>
            <td class="wide">${intervalBar(estimate)}</td>`
    }
    <td class="right wide">${path.startsWith('thresholds.') ? '' : n}</td>
  </tr>`;
}

/** A number's title, and on demand what it means and its address. */
export function metricName(path: MetricPath): Html {
  const { title, definition, better } = METRIC_DEFINITIONS[path];
  const way = better === 'none' ? '' : ` ${better === 'higher' ? 'Higher' : 'Lower'} is better.`;
  return html`<details class="name">
    <summary>${title}</summary>
    <span class="definition">${definition}${way} <code>${path}</code></span>
  </details>`;
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
