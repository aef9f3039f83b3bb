import path from 'node:path';
import pc from 'picocolors';
import { METRIC_DEFINITIONS, type MetricPath } from '../metrics/definitions.js';
import { averageAt, SUITE_FILES, type Suite } from '../run/suite.js';
import { describeSize, metricAt } from '../run/summary.js';
import { gateTable } from '../gates/markdown.js';
import { markdownTable, paragraphs } from '../text/markdown.js';
import { decimals } from '../text/numbers.js';
import { counted } from '../text/plural.js';
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
  const { model, datasets, headline, gates } = suite;
  const paths = [headline.path as MetricPath, ...SUITE_SHOWN];
  return paragraphs([
    `## ${model.name} ${model.version} on ${counted(datasets.length, 'data set')}`,
    gateTable(gates, 'run'),
    markdownTable(
      ['data set', ...paths.map((metric) => METRIC_DEFINITIONS[metric].title)],
      [
        ...datasets.map(({ name, metrics }) => [
          name,
          ...paths.map((metric) => decimals(metricAt(metrics, metric)?.value ?? null)),
        ]),
        ['**average**', ...paths.map((metric) => decimals(averageAt(suite, metric)))],
      ],
    ),
  ]);
}
