import path from 'node:path';
import pc from 'picocolors';
import { decimals, intervalText, withInterval } from '../text/numbers.js';
import { plainTable } from './table.js';
import { METRIC_DEFINITIONS, type MetricPath } from '../metrics/definitions.js';
import type { Estimate } from '../metrics/run-metrics.js';
import { RUN_FILES } from '../run/files.js';
import type { RunRecord } from '../run/record.js';
import { describeScoring, describeSize, metricAt, type Calibration } from '../run/summary.js';
import { baselineText } from '../report/baseline-text.js';
import type { Finding } from '../dataset/finding.js';

/** What the table on the terminal shows; `summary.json` has every number. */
const SHOWN: readonly (readonly [heading: string, paths: readonly MetricPath[]])[] = [
  [
    'Image level',
    [
      'image.accuracy',
      'image.f1',
      'image.auc',
      'image.averagePrecision',
      'image.balancedAccuracy',
      'image.recall',
      'image.precision',
      'image.recallAtFpr5',
      'image.suspicious.authentic',
      'image.ece',
    ],
  ],
  [
    'Pixels, mean over tampered images',
    [
      'pixel.macro.f1',
      'pixel.macro.iou',
      'pixel.macro.precision',
      'pixel.macro.recall',
      'pixel.macro.auc',
      'pixel.macro.best.f1',
      'pixel.macro.oracle.f1',
    ],
  ],
  [
    'Pixels of all images together',
    [
      'pixel.micro.f1',
      'pixel.micro.iou',
      'pixel.micro.auc',
      'pixel.micro.averagePrecision',
      'pixel.falseAlarmArea',
    ],
  ],
  [
    'Protocols',
    [
      'protocols.macro.pixel.f1',
      'protocols.objectformer.pixel.f1',
      'protocols.objectformer.image.f1',
      'protocols.trufor.pixel.f1',
      'protocols.trufor.pixel.best.f1',
    ],
  ],
];

/** A run as one can read it on a terminal. */
export function validationText(record: RunRecord): string {
  const { summary } = record;
  const { dataset, model, headline, settings } = summary;
  const count = (path: MetricPath): number => metricAt(summary.metrics, path)!.value!;
  const lines = [
    `${pc.bold(model.name)} ${model.version} at ${describeSize(model)} on ${pc.bold(dataset.name)}: ` +
      `${count('counts.tampered')} tampered, ${count('counts.authentic')} authentic` +
      (count('counts.failed') > 0 ? pc.yellow(`, ${count('counts.failed')} failed`) : ''),
    `thresholds: score > ${short(settings.scoreThreshold)}, mask > ${short(settings.maskThreshold)}; images seen ${describeScoring(settings)}, masks compared at the ${settings.scoreAt}’s size`,
    '',
    metricTable(record),
    ...sourceLines(record),
    ...categoryLines(record),
    '',
    `${pc.bold(`${headline.title}: ${estimateText(headline)}`)} ${pc.dim(`(headline, protocol ${settings.protocol})`)}`,
    ...baselineLines(record),
    ...calibrationLines(record),
    ...panelLines(record),
    ...nextSteps(record),
  ];
  return lines.join('\n');
}

/** Each source of evidence alone, where there are several. */
function sourceLines({ summary: { sources = [] } }: RunRecord): string[] {
  if (sources.length < 2) return [];
  return ['', ...sources.map(({ title, auc }) => `${title} alone: image AUC ${estimateText(auc)}`)];
}

/** The headline and a few more numbers of each category. */
function categoryLines({ summary: { categories = [], headline } }: RunRecord): string[] {
  if (categories.length === 0) return [];
  const paths = [headline.path as MetricPath, 'image.auc', 'image.recall', 'pixel.macro.iou'] as const;
  const rows = categories.map(({ name, tampered, authentic, metrics }) => [
    name,
    String(tampered),
    String(authentic),
    ...paths.map((path) => decimals(metricAt(metrics, path)!.value)),
  ]);
  const head = ['', 'tampered', 'authentic', ...paths.map((path) => METRIC_DEFINITIONS[path].title)];
  return [
    '',
    pc.bold('By category'),
    plainTable(head, rows, ['left', ...head.slice(1).map(() => 'right' as const)]),
  ];
}

/** What the headline is for somebody who does not look. */
function baselineLines({ summary }: RunRecord): string[] {
  const text = baselineText(summary.headline.path, summary);
  return text === '' ? [] : [pc.dim(text)];
}

/** Which panels there are, where some are missing. */
function panelLines({ summary: { panels, dataset } }: RunRecord): string[] {
  if (!panels) return [];
  const count = (value: number): string => value.toLocaleString('en');
  return [
    `panels of ${count(panels.kept)} of ${count(dataset.samples)} images: ${panels.which} ${pc.dim('(--panels all keeps all)')}`,
  ];
}

/** Where everything is, and what one does with it; paths can be copied into a shell. */
function nextSteps({ folder, summary }: RunRecord): string[] {
  const run = path.relative('', folder) || '.';
  const page = path.join(run, RUN_FILES.page);
  return [
    // The page is written together with the charts.
    summary.charts.length > 0
      ? `open ${inShell(page)}`
      : `${pc.dim('everything is in')} ${run} ${pc.dim('(no report: --no-charts)')}`,
    `${pc.dim('against another run:')} ofx compare OTHER ${inShell(run)}`,
  ];
}

function inShell(file: string): string {
  return /^[\w./@:+,=-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`;
}

function metricTable({ summary }: RunRecord): string {
  const rows = SHOWN.flatMap(([heading, paths]) => [
    [{ content: pc.bold(heading), colSpan: 4 }],
    ...paths.map((path) => {
      const estimate = metricAt(summary.metrics, path)!;
      const title = `  ${METRIC_DEFINITIONS[path].title}`;
      if (estimate.value === null)
        return [title, 'n/a', { content: pc.dim(estimate.reason ?? ''), colSpan: 2 }];
      const threshold = path === 'pixel.macro.best.f1' ? bestThreshold(summary) : '';
      return [title + threshold, decimals(estimate.value), intervalText(estimate), String(estimate.n)];
    }),
  ]);
  return plainTable(['', 'value', '95 % interval', 'images'], rows, ['left', 'right', 'right', 'right']);
}

function bestThreshold({ metrics }: RunRecord['summary']): string {
  const { value } = metricAt(metrics, 'pixel.macro.best.threshold')!;
  return value === null ? '' : pc.dim(`, t = ${value}`);
}

function calibrationLines({ summary: { calibration, model, settings } }: RunRecord): string[] {
  if (!calibration) return [];
  const { objective, score, mask, temperature, fusion, file } = calibration;
  return [
    ...(fusion ? [fusionLine(fusion)] : []),
    `fitted (${objective}): score > ${short(score)}, ` +
      `mask > ${mask === null ? 'as before' : short(mask)}, temperature ${short(temperature)}`,
    `in force from now on for this model at --size ${model.inputSize}${settings.tile ? ' with --tile' : ''}${settings.mirror ? ' with --mirror' : ''}, and no other way; kept in ${file}`,
  ];
}

function fusionLine({ sources, bias, auc }: NonNullable<Calibration['fusion']>): string {
  const terms = sources.map(({ name, weight }) => `${short(weight)} × ${name}`);
  return `fitted: log-odds = ${short(bias)} + ${terms.join(' + ')}; image AUC ${withInterval(auc)} on the data that it was fitted on`;
}

/** Findings about the data, worst first, for stderr. */
export function findingLines(findings: readonly Finding[]): string[] {
  return findings.map(({ severity, message, examples, count }) => {
    const paint = { error: pc.red, warning: pc.yellow, note: pc.dim }[severity];
    const more = count > 1 ? ', …' : '';
    return `${paint(`data ${severity}`)}: ${message} (${examples[0]!}${more})`;
  });
}

function estimateText(estimate: Estimate): string {
  return estimate.value === null ? `n/a (${estimate.reason ?? 'unknown'})` : withInterval(estimate);
}

function short(value: number): string {
  return String(Number(value.toFixed(4)));
}
