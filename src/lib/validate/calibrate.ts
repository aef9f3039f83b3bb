import { intervalText } from '../text/numbers.js';
import {
  fitMaskThreshold,
  fitScoreThreshold,
  fitTemperature,
  parts,
  type FittedMaskThreshold,
  type Objective,
} from '../metrics/calibrate.js';
import type { Estimate, RunMetrics } from '../metrics/run-metrics.js';
import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { exists, isFolder } from '../files/exists.js';
import { MANIFEST_FILE, type Precision } from '../model/manifest.js';
import {
  addToThresholdsFile,
  readThresholds,
  THRESHOLDS_FILE,
  type FittedThresholds,
} from '../model/thresholds-file.js';
import type { SourceIdentity } from './map-source.js';
import { saveFittedThresholds, type ScoringWay } from '../model/thresholds.js';
import type { ImageRow } from '../run/rows.js';
import type { Calibration } from '../run/summary.js';
import { applyTemperature } from '../core/temperature.js';
import {
  joinSources,
  NO_WEIGHTS,
  type JoinedSources,
  type JoinRequest,
  type ScoredRow,
} from './join-sources.js';

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

export interface CalibrationRequest {
  model: SourceIdentity;
  objective: Objective;
  fittedOn: FittedOn;
  /** How the run scored, for which alone thresholds hold. */
  way: ScoringWay;
  /** A file, or a model's folder, that keeps them instead of the user's data folder. */
  into?: string | undefined;
  /** Fit how sources of evidence are joined, too. */
  join?: JoinRequest | undefined;
}

/**
 * Fits temperature, score threshold and mask threshold on a run's data, and where it is asked for the weights of the sources of evidence
 * before them, and keeps them for the model, unless they would be worth nothing.
 */
export async function calibrate(
  rows: readonly ImageRow[],
  metrics: RunMetrics,
  { model, objective, fittedOn, way, into, join }: CalibrationRequest,
): Promise<CalibrationOutcome> {
  const scored = rows.flatMap(({ label, rawScore, logits }): ScoredRow[] =>
    label === null || rawScore === null ? [] : [{ label, score: rawScore, logits }],
  );
  if (new Set(scored.map(({ label }) => label)).size < 2) {
    return {
      refused: 'the data set has images of one class only; fitting needs tampered and authentic ones',
    };
  }
  const joined = join && joinSources(scored, join);
  if (join && !joined) return { refused: NO_WEIGHTS };
  const raw = joined?.scores ?? scored;
  const temperature = fitTemperature(raw);
  const scores = raw.map(({ label, score }) => ({ label, score: applyTemperature(score, temperature) }));
  const score = fitScoreThreshold(scores, objective);
  // A run without a fusion did not see the joined map: its mask threshold stays as it was.
  const sawMap = !join || join.inForce !== undefined;
  const mask = sawMap ? fitMaskThreshold(metrics.sweep, metrics.falseAlarmAreas, objective) : undefined;
  const refused =
    whyWorthless(joined?.auc ?? metrics.metrics['image.auc'], parts(scores, score)) ??
    whyUnknown(metrics, mask);
  if (refused !== undefined) return { refused };
  const thresholds = {
    ...{ score, temperature, fittedOn },
    ...(mask && { mask: mask.threshold }),
    ...(joined && { fusion: { ...joined.fusion, fittedOn } }),
  };
  const fittedWay = join ? join.sources.join('+') : way;
  const file =
    into === undefined
      ? await saveFittedThresholds(model.name, model.sha256, thresholds, fittedWay)
      : await saveInto(into, model, thresholds, fittedWay);
  return {
    calibration: {
      ...{ objective: fittedOn.objective, score, mask: mask?.threshold ?? null, temperature },
      ...(joined && { fusion: told(joined) }),
      file,
    },
  };
}

function told({ fusion: { sources, bias }, auc }: JoinedSources): NonNullable<Calibration['fusion']> {
  return { sources: sources.map(({ name, weight }) => ({ name, weight })), bias, auc };
}

/**
 * Keeps thresholds in a file, or in a model's folder beside its manifest.
 *
 * @returns the file
 */
async function saveInto(
  place: string,
  { name, sha256, inputSize, precision }: SourceIdentity,
  thresholds: FittedThresholds,
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
function whyWorthless({ value, low, high }: Estimate, isParted: boolean): string | undefined {
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
