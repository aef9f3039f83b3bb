import path from 'node:path';
import type { Difference } from '../../metrics/compare.js';
import { METRIC_DEFINITIONS, type MetricPath } from '../../metrics/definitions.js';
import { counted } from '../../text/plural.js';
import type { ChangedImage, Comparison, PairComparison } from '../../run/comparison.js';
import { describeSize } from '../../run/summary.js';
import { HEADLINE_METRICS, KEY_METRICS } from '../key-metrics.js';
import { DIFFERENCE_WORDS } from '../../metrics/wording.js';
import { decimals, intervalText, percent, signed } from '../../text/numbers.js';
import { html, type Html } from './html.js';
import { folded, groupRows, groupsOf, levelOf, metricName, wordList } from './metric-table.js';
import { factList, renderPage, section } from './page.js';
import { gateRows } from './run-page.js';

/** Numbers that stand beside the verdict. */

/**
 * A comparison as a page: which run is better, by how much, how surely, and on which images they differ.
 *
 * @param file where the page will lie; panels are linked from there to where the runs keep them
 */
export async function renderComparisonPage(comparison: Comparison, file: string): Promise<string> {
  const { runs, comparisons, gates, images, notes } = comparison;
  const several = comparisons.length > 1;
  const id = (name: string, { run }: PairComparison): string => (several ? `${name}-${run}` : name);
  const against = ({ run }: PairComparison): string => (several ? `: ${runs[run]!.name}` : '');
  const body = [
    comparisons.map((pair) => verdict(comparison, pair)),
    gates.length > 0 && section('gates', 'Gates', gateRows(gates)),
    comparisons.map((pair) => [
      section(
        id('numbers', pair),
        `Metrics${against(pair)}`,
        differenceTables(comparison, pair),
        html`Both runs on the same ${counted(images.paired, 'image')}. An interval that leaves 0 out is more
        than chance, for a number that one asked about beforehand: of many numbers, one in twenty leaves 0 out
        by chance alone.`,
      ),
      section(
        id('images', pair),
        `Images that changed most${against(pair)}`,
        changedImages(comparison, pair, file),
        html`${runs[pair.run]!.name} is better on ${counted(pair.improved, 'image')} and worse on
        ${pair.worsened}. A change is the gain of F1 on a tampered image, and the loss of falsely marked area
        on an authentic one.`,
      ),
    ]),
    section('about', 'What was compared', about(comparison)),
  ];
  return renderPage(
    runs.map(({ name }) => name).join(' against '),
    html`${counted(images.paired, 'image')} in pairs: ${images.tampered} tampered, ${images.authentic}
    authentic${notes.length > 0 && html`; see the notes below`}`,
    [
      ...(gates.length > 0 ? [{ id: 'gates', text: 'Gates' }] : []),
      ...comparisons.flatMap((pair) => [
        { id: id('numbers', pair), text: `Metrics${against(pair)}` },
        { id: id('images', pair), text: `Images${against(pair)}` },
      ]),
      { id: 'about', text: 'What was compared' },
    ],
    html`${body}`,
  );
}

function verdict({ headline, runs, notes }: Comparison, pair: PairComparison): Html {
  const number = pair.differences[headline.path as MetricPath];
  const { verdict: outcome, sentence, differences } = pair;
  const mark = outcome === 'better' ? '▲ ' : outcome === 'worse' ? '▼ ' : '';
  const tone = outcome === 'better' ? 'good' : outcome === 'worse' ? 'bad' : '';
  return html`<section class="headline" aria-label="Verdict on ${runs[pair.run]!.name}">
    <div class="hero">
      <p class="hero-title">${headline.title}</p>
      <p class="hero-change">
        ${
          number.difference === null
            ? 'n/a'
            : html`${decimals(number.first)} → ${decimals(number.second)},
                <span class="${tone}">${mark}difference ${signed(number.difference)}</span>`
        }
      </p>
      <p class="verdict">${sentence}</p>
      ${differenceBar(number)}
    </div>
    <div class="tiles">
      ${HEADLINE_METRICS.map((metric) => {
        const { first, second, difference, verdict: own } = differences[metric];
        return html`<div class="tile">
          <p class="tile-title">${levelOf(metric)}: ${METRIC_DEFINITIONS[metric].title}</p>
          <p class="tile-value">${decimals(first)} → ${decimals(second)}</p>
          <p class="${own === 'better' ? 'good' : own === 'worse' ? 'bad' : 'muted'}">
            difference ${signed(difference)}${difference !== null && html`, ${DIFFERENCE_WORDS[own]}`}
          </p>
        </div>`;
      })}
    </div>
    ${
      notes.length > 0 &&
      html`<ul class="warnings">
        ${notes.map((note) => html`<li>${note}</li>`)}
      </ul>`
    }
  </section>`;
}

function differenceTables({ runs }: Comparison, pair: PairComparison): Html {
  const names = [runs[0]!.name, runs[pair.run]!.name] as const;
  const row = (metric: MetricPath): Html => differenceRow(metric, pair.differences[metric]);
  const table = (label: string, isShown: (path: MetricPath) => boolean): Html =>
    differenceTable(label, names, groupRows(groupsOf(isShown), 7, row));
  const main = table('Main differences', (metric) => KEY_METRICS.includes(metric));
  const all = table('All differences', (metric) => metric in pair.differences);
  return html`${main} ${wordList()} ${folded('All metrics', all)}`;
}

function differenceTable(label: string, [first, second]: readonly [string, string], body: Html): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Metric</th>
          <th scope="col" class="right wide run-name">${first}</th>
          <th scope="col" class="right wide run-name">${second}</th>
          <th scope="col" class="right">Difference</th>
          <th scope="col" class="right interval">95 % interval</th>
          <th scope="col" class="wide"><span class="sr">Drawn around 0</span></th>
          <th scope="col" class="wide">Verdict</th>
        </tr>
      </thead>
      ${body}
    </table>
  </div>`;
}

function differenceRow(metric: MetricPath, number: Difference): Html {
  const { first, second, difference, low, high, verdict: outcome } = number;
  const tone = outcome === 'better' ? 'good' : outcome === 'worse' ? 'bad' : 'muted';
  return html`<tr>
    <th scope="row">${metricName(metric)}</th>
    <td class="right wide">${decimals(first)}</td>
    <td class="right wide">${decimals(second)}</td>
    <td class="right value">
      ${signed(difference)}
      ${low !== null && html`<span class="narrow">${intervalText({ low, high }, signed)}</span>`}
      <span class="narrow ${tone}">${DIFFERENCE_WORDS[outcome]}</span>
    </td>
    <td class="right interval">${intervalText({ low, high }, signed)}</td>
    <td class="wide">${differenceBar(number)}</td>
    <td class="wide ${tone}">${DIFFERENCE_WORDS[outcome]}</td>
  </tr>`;
}

/** An interval around 0, which stands in the middle; the line is as long as the interval needs. */
function differenceBar({ difference, low, high }: Difference): Html {
  if (difference === null || low === null || high === null) return html``;
  const reach = Math.max(0.05, Math.abs(low), Math.abs(high)) * 1.1;
  const place = (x: number): string => `${(50 + (50 * x) / reach).toFixed(2)}%`;
  return html`<span class="bar zero" aria-hidden="true"
    ><span class="bar-range" style="left:${place(low)};right:calc(100% - ${place(high)})"></span
    ><span class="bar-value" style="left:${place(difference)}"></span
  ></span>`;
}

function changedImages({ runs }: Comparison, { run, changed }: PairComparison, file: string): Html {
  if (changed.length === 0) return html`<p>No image changed.</p>`;
  const [first, second] = [runs[0]!, runs[run]!];
  return html`${changed.map(
    (one) =>
      html`<article class="pair">
        <div class="pair-head">
          <span class="pair-name">${one.image}</span>
          <span
            >${one.label === 1 ? 'tampered' : 'authentic'} ·
            <span class="${one.change > 0 ? 'good' : 'bad'}">${signed(one.change, 2)}</span>${
              one.verdictChanged && ' · verdict changed'
            }</span
          >
        </div>
        ${side(first.name, one.label, one.first, panelUrl(first.folder, one.first.panel, file))}
        ${side(second.name, one.label, one.second, panelUrl(second.folder, one.second.panel, file))}
      </article>`,
  )}`;
}

function side(
  name: string,
  label: ChangedImage['label'],
  one: ChangedImage['first'],
  url: string | null,
): Html {
  const mask =
    label === 1
      ? `F1 ${decimals(one.f1, 2)}, IoU ${decimals(one.iou, 2)}`
      : `marked ${percent(one.tamperedFraction)}`;
  const facts = `called ${one.predicted ? 'tampered' : 'authentic'}, score ${decimals(one.score, 2)}, ${mask}`;
  return html`<figure class="pair-side">
    <figcaption><strong>${name}</strong> ${facts}</figcaption>
    ${
      url === null
        ? html`<p class="muted">No panel was kept (--panels).</p>`
        : html`<div class="pair-picture">
            <img
              loading="lazy"
              decoding="async"
              src="${url}"
              alt="Photo, ground truth, probability and overlay: ${facts}"
            />
          </div>`
    }
  </figure>`;
}

function panelUrl(folder: string, panel: string | null, file: string): string | null {
  if (panel === null) return null;
  const relative = path.relative(path.dirname(path.resolve(file)), path.resolve(folder, panel));
  return relative.split(path.sep).map(encodeURIComponent).join('/');
}

function about({ runs, images }: Comparison): Html {
  return html`<div class="columns">
    ${runs.map(
      ({ name, folder, model, dataset, settings }, index) =>
        html`<div class="card">
          <h3>${name}${index === 0 && ' (baseline)'}</h3>
          ${factList([
            ['Run', folder],
            ['Model', `${model.name} ${model.version}`],
            ['SHA-256 of the model', html`<code class="hash">${model.sha256}</code>`],
            ['Input', `${describeSize(model)}, ${model.precision}`],
            ['Data', dataset.name],
            ['SHA-256 of the data', html`<code class="hash">${dataset.sha256}</code>`],
            ['Images compared', dataset.images],
            ['Left out', images.leftOut.find(({ run }) => run === index)?.count ?? 0],
            ['Masks compared at', `the ${settings.scoreAt}’s size`],
            ['Thresholds', `score ${settings.scoreThreshold}, mask ${settings.maskThreshold}`],
            ['Protocol', settings.protocol],
          ])}
        </div>`,
    )}
  </div>`;
}
