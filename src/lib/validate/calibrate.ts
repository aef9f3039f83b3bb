import { OfxError } from '../core/errors.js';
import {
  fitMaskThreshold,
  fitScoreThreshold,
  fitTemperature,
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

/**
 * Fits temperature, score threshold and mask threshold on a run's data, and keeps them for the model in the user's data
 * folder.
 *
 * @param way how the run scored, for which alone they hold
 * @throws {OfxError} DATASET_INVALID where a class is missing
 */
export async function calibrate(
  rows: readonly ImageRow[],
  metrics: RunMetrics,
  model: ModelIdentity,
  objective: Objective,
  fittedOn: FittedOn,
  way: ScoringWay,
): Promise<Calibration> {
  const raw = rows.flatMap(({ label, rawScore }): LabelledScore[] =>
    label === null || rawScore === null ? [] : [{ label, score: rawScore }],
  );
  if (new Set(raw.map(({ label }) => label)).size < 2) {
    throw new OfxError(
      'DATASET_INVALID',
      'Thresholds cannot be fitted: the data set has images of one class only.',
      {
        suggestion: 'Give --calibrate a data set with tampered and authentic images.',
      },
    );
  }
  const temperature = fitTemperature(raw);
  const scores = raw.map(({ label, score }) => ({ label, score: applyTemperature(score, temperature) }));
  const score = fitScoreThreshold(scores, objective);
  const mask = fitMaskThreshold(metrics.sweep, metrics.falseAlarmAreas, objective);
  const thresholds = { score, temperature, ...(mask !== undefined && { mask }), fittedOn };
  const file = await saveFittedThresholds(model.name, model.sha256, thresholds, way);
  return { objective: fittedOn.objective, score, mask: mask ?? null, temperature, file };
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
