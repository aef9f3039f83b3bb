import path from 'node:path';
import pc from 'picocolors';
import { METRIC_DEFINITIONS, type MetricPath } from '../metrics/definitions.js';
import { metricAt } from '../run/summary.js';
import { VARIANT_FILES, type Variants } from '../run/variants.js';
import { gateTable } from '../gates/markdown.js';
import { markdownList, markdownTable, paragraphs } from '../text/markdown.js';
import { decimals, withInterval } from '../text/numbers.js';
import { formatBytes, formatMs } from '../text/units.js';
import { plainTable } from './table.js';

const SHOWN: readonly MetricPath[] = ['image.auc', 'pixel.falseAlarmArea'];

/** Sizes and precisions side by side, for a terminal. */
export function variantsText(all: Variants): string {
  const { model, dataset, variants, headline, folder, recommendation } = all;
  const paths = [headline.path as MetricPath, ...SHOWN];
  const head = [
    '',
    'median',
    'p95',
    'peak memory',
    ...paths.map((metric) => METRIC_DEFINITIONS[metric].title),
    '',
  ];
  const rows = variants.map(({ name, latencyMs, peakMemoryBytes, metrics, onFront }) => [
    name,
    formatMs(latencyMs.p50),
    formatMs(latencyMs.p95),
    formatBytes(peakMemoryBytes),
    withInterval(metricAt(metrics, paths[0]!)!),
    ...SHOWN.map((metric) => decimals(metricAt(metrics, metric)!.value)),
    name === recommendation.variant
      ? pc.bold('recommended')
      : onFront
        ? 'on the front'
        : pc.dim('another is better'),
  ]);
  return [
    `${pc.bold(model.name)} ${model.version} on ${pc.bold(dataset.name)}, ${variants.length} sizes and precisions; latency of one image at a time`,
    '',
    plainTable(head, rows, ['left', ...head.slice(2).map(() => 'right' as const), 'left']),
    '',
    recommendation.text,
    `open ${path.join(path.relative('', folder) || '.', VARIANT_FILES.page)}`,
  ].join('\n');
}

/** The same for a pull request. */
export function variantsMarkdown(all: Variants): string {
  const { model, dataset, variants, headline, recommendation, gates, warnings } = all;
  const paths = [headline.path as MetricPath, ...SHOWN];
  const titles = paths.map((metric) => METRIC_DEFINITIONS[metric].title);
  return paragraphs([
    `## ${model.name} ${model.version} on ${dataset.name}`,
    recommendation.text,
    gateTable(gates, 'run'),
    markdownTable(
      ['variant', 'median', 'p95', 'peak memory', ...titles, 'front'],
      variants.map(({ name, latencyMs, peakMemoryBytes, metrics, onFront }) => [
        name === recommendation.variant ? `**${name}**` : name,
        formatMs(latencyMs.p50),
        formatMs(latencyMs.p95),
        formatBytes(peakMemoryBytes),
        ...paths.map((metric) => withInterval(metricAt(metrics, metric)!)),
        onFront ? 'yes' : 'no',
      ]),
    ),
    markdownList(warnings),
  ]);
}
