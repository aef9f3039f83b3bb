import type { Gate } from '../gates/gate.js';
import { METRIC_DEFINITIONS, type MetricPath } from '../metrics/definitions.js';
import { counted } from '../text/plural.js';
import type { Comparison } from '../run/comparison.js';
import { CATEGORY_METRICS, KEY_METRICS } from './key-metrics.js';
import { metricText, DIFFERENCE_WORDS } from '../metrics/wording.js';
import { baselineText } from './baseline-text.js';
import { gateTable, gateVerdict } from '../gates/markdown.js';
import { code, markdownDetails, markdownList, markdownTable, paragraphs } from '../text/markdown.js';
import { decimals, intervalText, signed, withInterval } from '../text/numbers.js';
import { describeSize, metricAt, type RunSummary } from '../run/summary.js';

/** A run for a pull request or the summary of a CI job. */
export function runMarkdown(summary: RunSummary, gates: readonly Gate[]): string {
  const { model, dataset, headline, settings } = summary;
  const row = (path: MetricPath): string[] => {
    const estimate = metricAt(summary.metrics, path)!;
    const { title } = METRIC_DEFINITIONS[path];
    if (estimate.value === null) return [title, `n/a: ${estimate.reason ?? ''}`, '', code(path)];
    return [title, metricText(path, estimate.value), intervalText(estimate), code(path)];
  };
  const head = ['metric', 'value', '95 % interval', 'path'];
  const all = (Object.keys(METRIC_DEFINITIONS) as MetricPath[]).map(row);
  return paragraphs([
    `## ${model.name} ${model.version} on ${dataset.name}${titleEnd(gates)}`,
    `**${headline.title}: ${withInterval(headline)}**, ` +
      `${counted(dataset.samples, 'image')} at ${describeSize(model)}, ` +
      `thresholds ${short(settings.scoreThreshold)} (score) and ${short(settings.maskThreshold)} (mask).` +
      trivial(summary),
    gateTable(gates, 'run'),
    markdownTable(head, KEY_METRICS.map(row)),
    categoryTable(summary),
    markdownDetails('All metrics', markdownTable(head, all)),
    markdownList(summary.warnings),
  ]);
}

function trivial(summary: RunSummary): string {
  const text = baselineText(summary.headline.path, summary);
  return text === '' ? '' : ` Without looking: ${text}.`;
}

function categoryTable({ categories = [], headline }: RunSummary): string {
  if (categories.length === 0) return '';
  const paths = [headline.path as MetricPath, ...CATEGORY_METRICS];
  return markdownTable(
    ['category', 'tampered', 'authentic', ...paths.map((path) => METRIC_DEFINITIONS[path].title)],
    categories.map(({ name, tampered, authentic, metrics }) => [
      name,
      String(tampered),
      String(authentic),
      ...paths.map((path) => withInterval(metricAt(metrics, path)!)),
    ]),
  );
}

/** A comparison for a pull request or the summary of a CI job. */
export function comparisonMarkdown({ runs, comparisons, notes, gates, images }: Comparison): string {
  return paragraphs([
    `## ${runs.map(({ name }) => name).join(' against ')}${titleEnd(gates)}`,
    `${counted(images.paired, 'image')}: ${images.tampered} tampered, ${images.authentic} authentic.`,
    gateTable(gates, 'run'),
    ...comparisons.flatMap(({ sentence, differences, run, changed }) => {
      const head = ['metric', runs[0]!.name, runs[run]!.name, 'difference', '95 % interval', ''];
      const rows = (paths: readonly MetricPath[]): string[][] =>
        paths.map((path) => {
          const { first, second, difference, low, high, verdict } = differences[path];
          return [
            METRIC_DEFINITIONS[path].title,
            decimals(first),
            decimals(second),
            signed(difference),
            intervalText({ low, high }, signed),
            DIFFERENCE_WORDS[verdict],
          ];
        });
      const images = changed.map(({ image, change }) => [code(image), signed(change)]);
      return [
        `**${sentence}**`,
        markdownTable(head, rows(KEY_METRICS)),
        markdownDetails('All metrics', markdownTable(head, rows(Object.keys(differences) as MetricPath[]))),
        images.length === 0
          ? ''
          : markdownDetails('Images that changed most', markdownTable(['image', 'change'], images)),
      ];
    }),
    markdownList(notes),
  ]);
}

function titleEnd(gates: readonly Gate[]): string {
  return gates.length === 0 ? '' : `: ${gateVerdict(gates)}`;
}

function short(value: number): string {
  return String(Number(value.toFixed(4)));
}
