import { trivialBaselines, type BaselineImage } from '../metrics/baselines.js';
import type { ImageRow } from '../run/rows.js';
import type { Condition } from '../gates/condition.js';
import { countedThresholds, type MetricSettings } from '../metrics/run-metrics.js';
import { writeEvidence } from '../run/evidence.js';
import type { RunRecord } from '../run/record.js';
import type { RobustnessRow } from '../run/robustness.js';
import type { SampleRecord } from '../run/sample-record.js';
import { nestMetrics, type RunSummary } from '../run/summary.js';
import { measureCategories } from './categories.js';
import type { FoldResult } from './fold.js';
import { judgeRun } from './gates.js';
import { writeRunFiles } from './write.js';

export interface Completion {
  /** Absolute path of the run's folder. */
  folder: string;
  settings: MetricSettings;
  /** Reads all records of the run, from the first on. */
  records: () => AsyncIterable<SampleRecord>;
  charts: boolean;
  failOn?: readonly Condition[] | undefined;
  baseline?: RunSummary | undefined;
  robustness?: RobustnessRow[] | undefined;
  /** The run's evidence lies there already. */
  hasEvidence?: boolean;
}

/** From the numbers of all images to a finished run on disk: categories, gates, evidence, tables, charts and page. */
export async function completeRun(
  summary: RunSummary,
  result: FoldResult,
  { folder, settings, records, charts, failOn = [], baseline, robustness, hasEvidence }: Completion,
): Promise<RunRecord> {
  const { categories, warning } = await measureCategories(result.rows, records, settings);
  const record: RunRecord = {
    folder,
    summary: {
      ...summary,
      baselines: trivialBaselines(result.rows.flatMap(baselineImage)),
      ...(robustness && { robustness }),
      ...(categories.length > 0 && {
        categories: categories.map((each) => ({ ...each, metrics: nestMetrics(each.metrics) })),
      }),
      warnings: [...summary.warnings, ...(warning === undefined ? [] : [warning])],
    },
    rows: result.rows,
    curves: result.metrics,
    ...(robustness && { robustness }),
  };
  if (failOn.length > 0) record.summary.gates = judgeRun(record.summary, failOn, baseline);
  if (!hasEvidence) await writeEvidence(folder, countedThresholds(settings).values, records());
  await writeRunFiles(record, { charts });
  return record;
}

function baselineImage({ label, error, tp, fp, fn, tn }: ImageRow): BaselineImage[] {
  if (label === null || error !== null) return [];
  if (tp === null) return [{ label, pixels: null, positives: null }];
  return [{ label, pixels: tp + fp! + fn! + tn!, positives: tp + fn! }];
}
