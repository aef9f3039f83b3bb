import path from 'node:path';
import pc from 'picocolors';
import { METRIC_DEFINITIONS, type MetricPath } from '../metrics/definitions.js';
import { averageAt, SUITE_FILES, type Suite } from '../run/suite.js';
import { describeSize, metricAt } from '../run/summary.js';
import { decimals } from '../text/numbers.js';
import { plainTable } from './table.js';

/** Several data sets side by side, for a terminal. */
export function suiteText(suite: Suite): string {
  const { model, datasets, headline, folder } = suite;
  const paths = [headline.path as MetricPath, ...SUITE_SHOWN];
  const head = ['', 'images', ...paths.map((metric) => METRIC_DEFINITIONS[metric].title)];
  const rows = [
    ...datasets.map(({ name, samples, metrics }) => [
      name,
      String(samples),
      ...paths.map((metric) => decimals(metricAt(metrics, metric)?.value ?? null)),
    ]),
    ['average', '', ...paths.map((metric) => decimals(averageAt(suite, metric)))],
  ];
  return [
    `${pc.bold(model.name)} ${model.version} at ${describeSize(model)} on ${datasets.length} data sets; the average counts each alike`,
    '',
    plainTable(head, rows, ['left', ...head.slice(1).map(() => 'right' as const)]),
    '',
    `open ${path.join(path.relative('', folder) || '.', SUITE_FILES.page)}`,
  ].join('\n');
}

const SUITE_SHOWN: readonly MetricPath[] = [
  'image.auc',
  'image.f1',
  'pixel.macro.iou',
  'pixel.falseAlarmArea',
];

/** The same for a pull request. */
export function suiteMarkdown(suite: Suite): string {
  const paths = [suite.headline.path as MetricPath, ...SUITE_SHOWN];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `## ${suite.model.name} ${suite.model.version} on ${suite.datasets.length} data sets`,
    '',
    line(['data set', ...paths.map((metric) => METRIC_DEFINITIONS[metric].title)]),
    line(['---', ...paths.map(() => '---')]),
    ...suite.datasets.map(({ name, metrics }) =>
      line([
        name.replaceAll('|', '\\|').replaceAll('<', '&lt;'),
        ...paths.map((metric) => decimals(metricAt(metrics, metric)?.value ?? null)),
      ]),
    ),
    line(['**average**', ...paths.map((metric) => decimals(averageAt(suite, metric)))]),
    '',
    ...suite.gates.map(
      ({ passed, name, subject, detail }) => `- ${passed ? '✅' : '❌'} \`${name}\` (${subject}): ${detail}`,
    ),
    '',
  ].join('\n');
}
