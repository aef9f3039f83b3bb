import { intervalText } from '../text/numbers.js';
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
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { exists, isFolder } from '../files/exists.js';
import { MANIFEST_FILE, type Precision, type Thresholds } from '../model/manifest.js';
import { addToThresholdsFile, readThresholds, THRESHOLDS_FILE } from '../model/thresholds-file.js';
import type { SourceIdentity } from './map-source.js';
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
 * @param into a file, or a model's folder, that keeps them instead
 */
export async function calibrate(
  rows: readonly ImageRow[],
  metrics: RunMetrics,
  model: SourceIdentity,
  objective: Objective,
  fittedOn: FittedOn,
  way: ScoringWay,
  into?: string,
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
  const file =
    into === undefined
      ? await saveFittedThresholds(model.name, model.sha256, thresholds, way)
      : await saveInto(into, model, thresholds, way);
  return {
    calibration: { objective: fittedOn.objective, score, mask: mask?.threshold ?? null, temperature, file },
  };
}

/**
 * Keeps thresholds in a file, or in a model's folder beside its manifest.
 *
 * @returns the file
 */
async function saveInto(
  place: string,
  { name, sha256, inputSize, precision }: SourceIdentity,
  thresholds: Thresholds,
  way: ScoringWay,
): Promise<string> {
  const file = (await isFolder(place)) ? path.join(place, THRESHOLDS_FILE) : place;
  const entry = { model: name, sha256, inputSize, precision: precision as Precision, way, ...thresholds };
  await addToThresholdsFile(file, [entry]);
  return file;
}

/**
 * Where fitted thresholds shall go, looked at before an hour of work.
 *
 * @throws {OfxError} USAGE for a folder that is no model's
 */
export async function checkInto(place: string): Promise<void> {
  if (await isFolder(place)) {
    if (await exists(path.join(place, MANIFEST_FILE))) return;
    throw new OfxError('USAGE', `${place} is not a model's folder: it has no ${MANIFEST_FILE}.`, {
      suggestion: 'Name a folder that "ofx convert" made, or a file that ends in .json.',
    });
  }
  if (!place.endsWith('.json'))
    throw new OfxError('USAGE', `--into ${place} is neither a model's folder nor a .json file.`, {
      suggestion: 'Name a folder with a model.json, or a file that ends in .json.',
    });
  // A file of something else is refused, and one of thresholds is added to.
  if (await exists(place)) await readThresholds(place);
}

/** Why no score threshold serves: the model cannot tell the classes apart on these data. */
function whyWorthless({ metrics }: RunMetrics, isParted: boolean): string | undefined {
  const { value, low, high } = metrics['image.auc'];
  if (value === null || low === null || high === null) return undefined;
  if (low <= 0.5) {
    return (
      `the model is no better here than marking every image or none: its ROC AUC is ${value.toFixed(3)} ` +
      `(${intervalText({ low, high })}), and 0.5 is chance`
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
