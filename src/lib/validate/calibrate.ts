import {
  fitMaskThreshold,
  fitScoreThreshold,
  fitTemperature,
  parts,
  type FittedMaskThreshold,
  type LabelledScore,
  type Objective,
} from '../metrics/calibrate.js';
import type { RunMetrics } from '../metrics/run-metrics.js';
import type { ModelIdentity } from '../model/network.js';
import { saveFittedThresholds, type ScoringWay } from '../model/thresholds.js';
import type { ImageRow } from '../run/rows.js';
import type { Calibration } from '../run/summary.js';
import { applyTemperature } from '../core/temperature.js';

/** The data that thresholds were fitted on, as the model's fitted copy remembers them. */
export interface FittedOn {
  dataset: string;
  samples: number;
  sha256: string;
  objective: string;
  date: string;
}

/** What came of fitting: kept thresholds, or why there are none. */
export type CalibrationOutcome = { calibration: Calibration } | { refused: string };

/**
 * Fits temperature, score threshold and mask threshold on a run's data, and keeps them for the model in the user's data
 * folder, unless they would be worth nothing.
 *
 * @param way how the run scored, for which alone they hold
 */
export async function calibrate(
  rows: readonly ImageRow[],
  metrics: RunMetrics,
  model: Pick<ModelIdentity, 'name' | 'sha256'>,
  objective: Objective,
  fittedOn: FittedOn,
  way: ScoringWay,
): Promise<CalibrationOutcome> {
  const raw = rows.flatMap(({ label, rawScore }): LabelledScore[] =>
    label === null || rawScore === null ? [] : [{ label, score: rawScore }],
  );
  if (new Set(raw.map(({ label }) => label)).size < 2) {
    return {
      refused: 'the data set has images of one class only; fitting needs tampered and authentic ones',
    };
  }
  const temperature = fitTemperature(raw);
  const scores = raw.map(({ label, score }) => ({ label, score: applyTemperature(score, temperature) }));
  const score = fitScoreThreshold(scores, objective);
  const mask = fitMaskThreshold(metrics.sweep, metrics.falseAlarmAreas, objective);
  const refused = whyWorthless(metrics, parts(scores, score)) ?? whyUnknown(metrics, mask);
  if (refused !== undefined) return { refused };
  const thresholds = { score, temperature, ...(mask && { mask: mask.threshold }), fittedOn };
  const file = await saveFittedThresholds(model.name, model.sha256, thresholds, way);
  return {
    calibration: { objective: fittedOn.objective, score, mask: mask?.threshold ?? null, temperature, file },
  };
}

/** Why no score threshold serves: the model cannot tell the classes apart on these data. */
function whyWorthless({ metrics }: RunMetrics, isParted: boolean): string | undefined {
  const { value, low, high } = metrics['image.auc'];
  if (value === null || low === null || high === null) return undefined;
  if (low <= 0.5) {
    return (
      `the model is no better here than marking every image or none: its ROC AUC is ${value.toFixed(3)} ` +
      `(${low.toFixed(3)} to ${high.toFixed(3)}), and 0.5 is chance`
    );
  }
  return isParted ? undefined : 'the best score threshold is one that marks every image, or none';
}

/** Why the mask threshold cannot be told: better ones may lie beyond those that were tried. */
function whyUnknown({ sweep }: RunMetrics, mask: FittedMaskThreshold | undefined): string | undefined {
  if (!mask?.atEdge) return undefined;
  const [first, last] = [sweep[0]!.threshold, sweep.at(-1)!.threshold];
  return (
    `the best mask threshold, ${mask.threshold}, lies at the edge of those that were tried (${first} to ${last}), ` +
    'and a better one may lie beyond; a smaller --sweep-step tries more'
  );
}

/** The objective in words, as reports and the fitted copy tell it. */
export function describeObjective(objective: Objective): string {
  return objective.kind === 'f1'
    ? 'best F1'
    : `highest recall at a false-positive rate of at most ${objective.maxFpr}`;
}

/** Whether thresholds were fitted on the very data of a run. */
export function isLeak(fittedOn: unknown, sha256: string): boolean {
  return (
    typeof fittedOn === 'object' && fittedOn !== null && 'sha256' in fittedOn && fittedOn.sha256 === sha256
  );
}
