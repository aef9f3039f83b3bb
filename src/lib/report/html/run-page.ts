import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Gate } from '../../gates/gate.js';
import { METRIC_DEFINITIONS, type MetricPath } from '../../metrics/definitions.js';
import { counted } from '../../text/plural.js';
import { runCharts } from '../charts/index.js';
import type { ImageRow } from '../../run/rows.js';
import { decimals, intervalText } from '../../text/numbers.js';
import { RUN_FILES } from '../../run/files.js';
import type { RunRecord } from '../../run/record.js';
import { baselineText } from '../baseline-text.js';
import { describeScoring, describeSize, metricAt, type RunSummary } from '../../run/summary.js';
import { HEADLINE_METRICS } from '../key-metrics.js';
import { chartFigure } from './chart-figure.js';
import { failureSection } from './failure-table.js';
import { gallery } from './gallery.js';
import { categoryTables } from './category-table.js';
import { sourceTable } from './source-table.js';
import { verdictTable } from './verdict-table.js';
import { html, type Html } from './html.js';
import { intervalBar, levelOf, metricTables } from './metric-table.js';
import { factList, renderPage, section } from './page.js';

/** Panels stand in the page itself while all of them together are no larger than this; otherwise beside it. */
const INLINE_BYTES = 8 * 2 ** 20;

/** Nobody reads a longer list; all are in the tables. */
const MOST_FAILED = 200;

/** By the endings of panels. */
const PANEL_TYPES: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
};

/** Numbers that stand beside the headline. */

/** `report.html`: all of a run in one file that opens offline. */
export async function renderRunPage(record: RunRecord): Promise<string> {
  const { summary, rows } = record;
  const { model, dataset } = summary;
  const panels = await panelUrls(record);
  const charts: Html[] = [];
  for (const chart of runCharts(record)) charts.push(await chartFigure(chart));
  const { gates = [], categories = [] } = summary;
  const failures = failureSection(rows);
  const verdicts = verdictTable(rows);
  const parts = [
    headline(summary),
    gates.length > 0 && section('gates', 'Gates', gateRows(gates)),
    section(
      'numbers',
      'Metrics',
      metricTables(summary),
      html`Intervals: 95 %, by bootstrap over images. A mask is positive where p &gt; t; 0/0 counts as 0. Open
        a metric to read what it means and the address by which <code>summary.json</code>,
        <code>--fail-on</code> and <code>ofx compare</code> know it.`,
    ),
    verdicts &&
      section(
        'verdicts',
        'Verdicts',
        verdicts,
        html`What <code>ofx predict</code> says of these images at these thresholds, with 95 % intervals
          (Wilson). Suspicious: the score is not above its threshold, but a region stands out. No finding does
          not show that an image is authentic.`,
      ),
    (summary.sources ?? []).length > 1 &&
      section(
        'evidence',
        'Sources of evidence',
        sourceTable(summary),
        html`The share of pairs of a manipulated and an authentic image of which the manipulated one scores
        higher, by each source alone and by all together.`,
      ),
    categories.length > 0 &&
      section(
        'categories',
        'By category',
        categoryTables(summary),
        html`With 95 % intervals; a category of one image has none. ${borrowedText(summary)}`,
      ),
    section(
      'charts',
      'Charts',
      html`<div class="charts">${charts}</div>`,
      html`Point at a chart, or focus it and use the arrow keys, to read its values. Each is also a file in
        <code>${RUN_FILES.charts}/</code>.`,
    ),
    failures &&
      section(
        'failures',
        'What goes wrong',
        failures,
        html`Counts and shares of the tampered images (of false alarms: of the authentic ones). A mask whose
        IoU with the truth is below 0.3 is too large where it covers half of the truth, too small where half
        of it lies in the truth, and at the wrong place otherwise.`,
      ),
    section('images', 'Images', gallery(rows, panels.urlOf), panels.note),
    section('about', 'What was measured', about(summary)),
  ];
  return renderPage(
    `${model.name} ${model.version} on ${dataset.name}`,
    html`${counted(dataset.samples, 'image')} at ${describeSize(model)}, ${date(summary.startedAt)}, ofx
    ${summary.ofx}`,
    [
      ...(gates.length > 0 ? [{ id: 'gates', text: 'Gates' }] : []),
      { id: 'numbers', text: 'Metrics' },
      ...(verdicts ? [{ id: 'verdicts', text: 'Verdicts' }] : []),
      ...(categories.length > 0 ? [{ id: 'categories', text: 'By category' }] : []),
      { id: 'charts', text: 'Charts' },
      ...(failures ? [{ id: 'failures', text: 'What goes wrong' }] : []),
      { id: 'images', text: 'Images' },
      { id: 'about', text: 'What was measured' },
    ],
    html`${parts}`,
  );
}

/** Says which categories are held against authentic images that are not theirs. */
function borrowedText({ categories = [] }: RunSummary): string {
  const borrowing = categories.filter(({ borrowed }) => borrowed > 0);
  if (borrowing.length === 0) return '';
  const most = Math.max(...borrowing.map(({ borrowed }) => borrowed));
  return (
    `Categories without authentic images of their own are held against the ${counted(most, 'authentic image')} ` +
    'of no such category.'
  );
}

function headline(summary: RunSummary): Html {
  const { headline: number, warnings } = summary;
  const definition = METRIC_DEFINITIONS[number.path as MetricPath].definition;
  return html`<section class="headline" aria-label="Headline">
    <div class="hero">
      <p class="hero-title">${number.title}</p>
      <p class="hero-value">${decimals(number.value)}</p>
      <p class="hero-interval">
        ${number.value === null ? number.reason : html`95 % interval ${intervalText(number)}, ${counted(number.n, 'image')}`}
      </p>
      ${intervalBar(number)} ${baselineNote(number.path, summary)}
      <p class="definition">${definition} <code>${number.path}</code></p>
    </div>
    <div class="tiles">${HEADLINE_METRICS.map((metric) => tile(metric, summary))}</div>
    ${
      warnings.length > 0 &&
      html`<ul class="warnings">
        ${warnings.map((warning) => html`<li>${warning}</li>`)}
      </ul>`
    }
  </section>`;
}

/** What somebody reaches who does not look at the images. */
function baselineNote(path: string, summary: RunSummary): Html {
  const text = baselineText(path, summary);
  return text === '' ? html`` : html`<p class="muted">${text}</p>`;
}

function tile(metric: MetricPath, summary: RunSummary): Html {
  const estimate = metricAt(summary.metrics, metric)!;
  return html`<div class="tile">
    <p class="tile-title">${levelOf(metric)}: ${METRIC_DEFINITIONS[metric].title}</p>
    <p class="tile-value">${decimals(estimate.value)}</p>
    <p class="muted">${estimate.value === null ? estimate.reason : intervalText(estimate)}</p>
    ${baselineNote(metric, summary)}
  </div>`;
}

export function gateRows(gates: readonly Gate[]): Html {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">Gate</th>
          <th scope="col">Outcome</th>
          <th scope="col">Found</th>
          <th scope="col">Run</th>
        </tr>
      </thead>
      <tbody>
        ${gates.map(
          ({ name, passed, detail, subject }) =>
            html`<tr>
              <th scope="row"><code>${name}</code></th>
              <td class="${passed ? 'good' : 'bad'}">${passed ? '✓ passed' : '✗ failed'}</td>
              <td>${detail}</td>
              <td>${subject}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function about({ dataset, model, settings, machine, failed, seconds, resumed, metrics }: RunSummary): Html {
  const count = (metric: MetricPath): string => metricAt(metrics, metric)!.value!.toLocaleString('en');
  return html`<div class="columns">
      <div class="card">
        <h3>Model</h3>
        ${factList([
          ['Name', model.name],
          ['Version', model.version],
          ['SHA-256', html`<code class="hash">${model.sha256}</code>`],
          ['Input', `${describeSize(model)}, ${model.precision}`],
          ['Thresholds fitted on', fittedText(model.fittedOn)],
          ...(model.fusionFittedOn === undefined
            ? []
            : [['Sources joined by weights fitted on', fittedText(model.fusionFittedOn)] as const]),
        ])}
      </div>
      <div class="card">
        <h3>Data</h3>
        ${factList([
          ['Name', dataset.name],
          ['Layout', dataset.list === null ? dataset.layout : `${dataset.layout} (${dataset.list})`],
          ['SHA-256', html`<code class="hash">${dataset.sha256}</code>`],
          ['Images', `${dataset.samples} of ${dataset.available}`],
          ['Tampered, authentic', `${count('counts.tampered')}, ${count('counts.authentic')}`],
          ['Empty ground truth', count('counts.emptyTruth')],
          ['Failed', count('counts.failed')],
        ])}
      </div>
      <div class="card">
        <h3>Settings</h3>
        ${factList([
          ['Protocol', settings.protocol],
          ['Seen', describeScoring(settings)],
          ['Masks compared at', `the ${settings.scoreAt}’s size`],
          ['Score threshold', String(settings.scoreThreshold)],
          ['Mask threshold', String(settings.maskThreshold)],
          ['Temperature', String(settings.temperature)],
          ['Step of the sweep', String(settings.sweepStep)],
          ['Seed', settings.seed],
        ])}
      </div>
      <div class="card">
        <h3>Machine</h3>
        ${factList([
          ['Processor', machine.cpu],
          ['Threads', `${machine.threads}, ${machine.concurrency} at once`],
          ['Node.js', machine.node],
          ['System', machine.platform],
          [
            'Wall time',
            `${seconds.toFixed(0)} s${resumed > 0 ? `, ${counted(resumed, 'image')} resumed` : ''}`,
          ],
        ])}
      </div>
    </div>
    <h3>Findings about the data</h3>
    ${
      dataset.findings.length === 0
        ? html`<p>None.</p>`
        : html`<ul class="findings">
            ${dataset.findings.map(
              ({ severity, message, examples, count: all }) =>
                html`<li>
                  <span class="severity ${severity}">${severity}</span> ${message}
                  <span class="muted">${examples.slice(0, 5).join(', ')}${all > 5 && ', …'}</span>
                </li>`,
            )}
          </ul>`
    }
    ${
      failed.length > 0 &&
      html`<h3>Images that could not be scored</h3>
        <ul class="findings">
          ${failed.slice(0, MOST_FAILED).map(({ image, message }) => html`<li><code>${image}</code> ${message}</li>`)}
          ${failed.length > MOST_FAILED && html`<li>${failed.length - MOST_FAILED} more: see metrics.csv</li>`}
        </ul>`
    }`;
}

/** A manifest may say anything about what its thresholds were fitted on. */
function fittedText(fittedOn: unknown): string {
  if (fittedOn === undefined) return 'not fitted';
  if (typeof fittedOn === 'string') return fittedOn;
  if (typeof fittedOn !== 'object' || fittedOn === null) return JSON.stringify(fittedOn);
  return Object.entries(fittedOn)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('; ');
}

/** Where each panel is found: in the page where they are few, beside it where they are many. */
async function panelUrls({
  folder,
  rows,
  summary,
}: RunRecord): Promise<{ urlOf: (row: ImageRow) => string | null; note: Html }> {
  const panels = rows.flatMap(({ panel }) => panel ?? []);
  if (panels.length === 0) {
    return { urlOf: () => null, note: html`This run kept no panels (<code>--panels none</code>).` };
  }
  const sizes = await Promise.all(panels.map(async (panel) => (await stat(path.join(folder, panel))).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const which =
    panels.length < rows.length
      ? html`Panels of ${panels.length} of ${rows.length}
        images${summary.panels ? ` (${summary.panels.which})` : ''}`
      : html`Panels`;
  const open = html`Choose an image to see it at large, with a slider between photo and prediction.`;
  if (total > INLINE_BYTES) {
    return {
      urlOf: ({ panel }) => panel && panel.split('/').map(encodeURIComponent).join('/'),
      note: html`${open} ${which} lie in <code>${RUN_FILES.panels}/</code> beside this page: keep them
        together.`,
    };
  }
  const inlined = new Map<string, string>();
  for (const panel of panels) {
    const bytes = await readFile(path.join(folder, panel));
    inlined.set(panel, `data:${PANEL_TYPES[path.extname(panel)]!};base64,${bytes.toString('base64')}`);
  }
  return {
    urlOf: ({ panel }) => panel && inlined.get(panel)!,
    note: html`${open} ${which} stand in this page.`,
  };
}

function date(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
