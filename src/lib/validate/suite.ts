import path from 'node:path';
import { toCsv } from '../text/csv.js';
import { OFX_VERSION } from '../core/version.js';
import { exists } from '../files/exists.js';
import { writeFileAtomic } from '../files/write.js';
import type { Condition } from '../gates/condition.js';
import type { Gate } from '../gates/gate.js';
import type { MetricPath } from '../metrics/definitions.js';
import { renderSuitePage } from '../report/html/suite-page.js';
import { numberRows } from '../run/files.js';
import { chooseRunFolder } from '../run/folder.js';
import { VALIDATION_JOURNAL } from '../run/journal.js';
import { loadSummary } from '../run/load.js';
import { judgeMetric } from '../run/metric-gates.js';
import type { RunRecord } from '../run/record.js';
import {
  AVERAGE,
  averageAt,
  averagesOver,
  suiteDataset,
  SUITE_FILES,
  type Suite,
  type SuiteDataset,
} from '../run/suite.js';
import type { RunSummary } from '../run/summary.js';
import type { ValidateEvents, ValidateRequest } from './request.js';
import type { SuiteEntry } from './suite-list.js';

export interface SuiteEvents extends ValidateEvents {
  onDataset?: (name: string, index: number, total: number) => void;
  /** A data set is measured, or was before the suite was resumed. */
  onRun?: (name: string, record: RunRecord | undefined) => Promise<void>;
}

/**
 * Measures several data sets one after the other, each into a folder of its own, and puts them side by side. With `resume` those that
 * are finished are kept.
 *
 * @param measure measures one data set
 * @throws {OfxError} as `validate`
 */
export async function validateSuite(
  entries: readonly SuiteEntry[],
  request: ValidateRequest,
  measure: (request: ValidateRequest) => Promise<RunRecord>,
  events: SuiteEvents = {},
): Promise<Suite> {
  const startedAt = new Date();
  const { folder } = await chooseRunFolder({
    out: request.out,
    dataset: 'suite',
    model: request.model?.kind === 'model' ? request.model.model.manifest.name : 'predictions',
    date: startedAt,
    resume: false,
  });
  const { failOn = [] } = request;
  const datasets: SuiteDataset[] = [];
  const gates: Gate[] = [];
  let last: RunSummary | undefined;
  for (const [index, { name, dataset, split }] of entries.entries()) {
    events.onDataset?.(name, index, entries.length);
    const out = path.join(folder, name);
    const isFinished =
      request.resume &&
      !(await exists(path.join(out, VALIDATION_JOURNAL))) &&
      (await exists(path.join(out, 'summary.json')));
    const record = isFinished
      ? undefined
      : await measure({
          ...request,
          dataset,
          split: split ?? request.split,
          out,
          predictions: await ownOf(request.predictions, name),
          resume: request.resume && (await exists(path.join(out, VALIDATION_JOURNAL))),
          failOn: failOn.filter((condition) => isFor(condition, name)).map(withoutDataset),
          baseline: await baselineOf(request.baseline, name),
        });
    const summary = record?.summary ?? (await loadSummary(out)).summary;
    await events.onRun?.(name, record);
    datasets.push(suiteDataset(name, name, summary));
    gates.push(...(summary.gates ?? []).map((gate) => ({ ...gate, subject: `${gate.subject}, ${name}` })));
    last = summary;
  }
  const averages = averagesOver(datasets);
  for (const condition of failOn) {
    const wanted = condition.filters.get('dataset');
    if (wanted !== undefined && !entries.some(({ name }) => isFor(condition, name)))
      gates.push(judgeAverage(condition, wanted, { averages, datasets }));
  }
  const { model, settings, headline } = last!;
  const suite: Suite = {
    schemaVersion: 1,
    ofx: OFX_VERSION,
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    folder,
    model,
    settings,
    headline: { path: headline.path, title: headline.title },
    datasets,
    averages,
    gates,
  };
  await writeFileAtomic(path.join(folder, SUITE_FILES.numbers), suiteCsv(suite));
  await writeFileAtomic(path.join(folder, SUITE_FILES.page), await renderSuitePage(suite, request.charts));
  await writeFileAtomic(path.join(folder, SUITE_FILES.summary), `${JSON.stringify(suite, null, 2)}\n`);
  return suite;
}

/** Conditions without a data set are for each of them. */
function isFor({ filters }: Condition, name: string): boolean {
  const wanted = filters.get('dataset');
  return wanted === undefined || wanted.toLowerCase() === name.toLowerCase();
}

/** A run is about one data set and has no other. */
function withoutDataset(condition: Condition): Condition {
  return { ...condition, filters: new Map([...condition.filters].filter(([key]) => key !== 'dataset')) };
}

/** A condition on the mean over data sets; one on a data set that is none of them fails. */
function judgeAverage(
  condition: Condition,
  wanted: string,
  suite: Pick<Suite, 'averages' | 'datasets'>,
): Gate {
  const isAverage = wanted.toLowerCase() === AVERAGE;
  const names = suite.datasets.map(({ name }) => name).join(', ');
  return judgeMetric(condition, isAverage ? 'average of data sets' : wanted, (metric: MetricPath) => ({
    value: isAverage ? averageAt(suite, metric) : null,
    low: null,
    high: null,
    n: 0,
    reason: isAverage ? 'no data set has it' : `no data set ${wanted}; there are ${names}, ${AVERAGE}`,
  }));
}

/** Of an earlier suite, the run of the same data set; a single run stands for itself. */
async function baselineOf(baseline: string | undefined, name: string): Promise<string | undefined> {
  if (baseline === undefined) return undefined;
  const own = path.join(baseline, name);
  return (await exists(path.join(own, 'summary.json'))) ? own : baseline;
}

/** Predictions of each data set may lie in a folder of its name. */
async function ownOf(predictions: string | undefined, name: string): Promise<string | undefined> {
  if (predictions === undefined) return undefined;
  const own = path.join(predictions, name);
  return (await exists(own)) ? own : predictions;
}

/** `suite.csv`: a row a number of each data set, as in summary.csv, and of their average. */
function suiteCsv({ datasets, averages }: Suite): string {
  const rows = [
    ...datasets.flatMap(({ name, metrics }) =>
      numberRows({ metrics }).map((row) => ({ dataset: name, ...row })),
    ),
    ...averages.map(({ path: metric, value, datasets: n }) => ({
      dataset: AVERAGE,
      path: metric,
      value,
      low: null,
      high: null,
      n,
    })),
  ];
  return toCsv(rows, { header: true, columns: ['dataset', 'path', 'value', 'low', 'high', 'n'] });
}
