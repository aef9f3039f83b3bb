import type { MetricPath } from '../../metrics/definitions.js';
import { metricText } from '../../metrics/wording.js';
import { describeScoring, metricAt } from '../../run/summary.js';
import { RUN_FILES } from '../../run/files.js';
import type { Variants } from '../../run/variants.js';
import { counted } from '../../text/plural.js';
import { formatBytes, formatMs } from '../../text/units.js';
import { threadsText, tradeOffChart } from '../charts/trade-off.js';
import { chartFigure } from './chart-figure.js';
import { html, type Html } from './html.js';
import { columnTitle, estimateCell } from './metric-cell.js';
import { folded, groupRows, groupsOf, metricName } from './metric-table.js';
import { factList, renderPage, section } from './page.js';
import { gateRows } from './run-page.js';

/** `variants.html`: sizes and precisions of a model side by side, accuracy against latency, and which to use. */
export async function renderVariantsPage(variants: Variants, hasReports: boolean): Promise<string> {
  const { model, dataset, gates, settings, startedAt, seconds, machine, recommendation } = variants;
  const figure = await chartFigure(tradeOffChart(variants));
  const warnings = [
    ...variants.warnings,
    ...new Set(variants.variants.flatMap(({ name, warnings: own }) => own.map((text) => `${name}: ${text}`))),
  ];
  const parts = [
    warnings.length > 0 &&
      html`<ul class="warnings">
        ${warnings.map((warning) => html`<li>${warning}</li>`)}
      </ul>`,
    gates.length > 0 && section('gates', 'Gates', gateRows(gates)),
    section(
      'trade-off',
      'Which to use',
      html`<div class="charts">${figure}</div>`,
      html`${recommendation.text}`,
    ),
    section(
      'numbers',
      'Sizes and precisions',
      html`${keyTable(variants, hasReports)} ${folded('All metrics', fullTable(variants))}`,
      html`Fastest first. On the front are those of which no other is at least as fast and as accurate, and
      better in one of both; accuracy is ${variants.headline.title}.`,
    ),
    section(
      'about',
      'What was measured',
      factList([
        ['Model', `${model.name} ${model.version}`],
        ['Data set', `${dataset.name}, ${counted(dataset.samples, 'image')}`],
        ['Seen', describeScoring(settings)],
        ['Protocol', settings.protocol],
        [
          'Latency',
          `from file to mask, one image at a time, ${threadsText(machine.threads)}; on ${counted(variants.photos, 'image')} of the data set`,
        ],
        ['Processor', machine.cpu],
        ['Wall time', `${seconds.toFixed(0)} s`],
      ]),
    ),
  ];
  return renderPage(
    `${model.name} ${model.version}: ${counted(variants.variants.length, 'size and precision', 'sizes and precisions')} on ${dataset.name}`,
    html`${variants.variants.map(({ name }) => name).join(', ')}; ${startedAt.slice(0, 10)}, ofx
    ${variants.ofx}`,
    [
      ...(gates.length > 0 ? [{ id: 'gates', text: 'Gates' }] : []),
      { id: 'trade-off', text: 'Which to use' },
      { id: 'numbers', text: 'Sizes and precisions' },
      { id: 'about', text: 'What was measured' },
    ],
    html`${parts}`,
  );
}

/** Few enough for the table to fit a small screen; all stand below it. */
const SHOWN: readonly MetricPath[] = ['image.auc', 'pixel.falseAlarmArea'];

function keyTable({ headline, variants, recommendation }: Variants, hasReports: boolean): Html {
  const paths = [headline.path as MetricPath, ...SHOWN];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Sizes and precisions">
    <table class="side-by-side">
      <thead>
        <tr>
          <th scope="col">Variant</th>
          <th scope="col" class="right">Latency: median, p95</th>
          <th scope="col" class="right">Peak memory</th>
          <th scope="col">Front</th>
          ${paths.map((path) => html`<th scope="col" class="right">${columnTitle(path)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${variants.map(
          ({ name, folder, failed, metrics, latencyMs, peakMemoryBytes, onFront, withinBudget }) =>
            html`<tr>
              <th scope="row" class="nowrap">
                ${
                  hasReports
                    ? html`<a href="${encodeURIComponent(folder)}/${RUN_FILES.page}">${name}</a>`
                    : name
                }
                ${failed > 0 && html` <span class="bad">${failed} failed</span>`}
              </th>
              <td class="right">
                ${formatMs(latencyMs.p50)}<br /><span class="muted">${formatMs(latencyMs.p95)}</span>
              </td>
              <td class="right">${formatBytes(peakMemoryBytes)}</td>
              <td>
                ${name === recommendation.variant ? html`<strong>recommended</strong>` : onFront ? 'yes' : 'no'}${!withinBudget && ', over budget'}
              </td>
              ${paths.map((path) => estimateCell(path, metricAt(metrics, path)))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function fullTable({ variants }: Variants): Html {
  const groups = groupsOf((path) => !path.startsWith('thresholds.'));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="All metrics by size and precision">
    <table class="side-by-side">
      <thead>
        <tr>
          <th scope="col">Metric</th>
          ${variants.map(({ name }) => html`<th scope="col" class="right">${name}</th>`)}
        </tr>
      </thead>
      ${groupRows(
        groups,
        variants.length + 1,
        (path) =>
          html`<tr>
            <th scope="row">${metricName(path)}</th>
            ${variants.map(
              ({ metrics }) =>
                html`<td class="right">${metricText(path, metricAt(metrics, path)?.value ?? null)}</td>`,
            )}
          </tr>`,
      )}
    </table>
  </div>`;
}
