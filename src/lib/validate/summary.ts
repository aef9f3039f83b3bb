import { AUTHENTIC, TAMPERED } from '../core/label.js';
import os from 'node:os';
import path from 'node:path';
import type { Dataset } from '../dataset/sample.js';
import { headlinePath, METRIC_DEFINITIONS } from '../metrics/definitions.js';
import type { MetricSettings } from '../metrics/run-metrics.js';
import type { EffectiveThresholds } from '../model/thresholds.js';
import { nestMetrics, type RunSummary } from '../run/summary.js';
import { OFX_BUILD, OFX_VERSION } from '../core/version.js';
import type { MapSource } from './map-source.js';
import { calibrate, describeObjective, isLeak } from './calibrate.js';
import type { ValidateRequest } from './request.js';
import type { FoldResult } from './fold.js';

const OPTIMISTIC =
  'Numbers at these thresholds are too good: F1, accuracy, precision, recall, IoU and the marked share. Numbers that ' +
  'depend on no threshold are not: ROC AUC and average precision.';

export interface SummaryContext {
  request: ValidateRequest;
  dataset: Dataset;
  source: MapSource;
  thresholds: EffectiveThresholds;
  settings: MetricSettings;
  startedAt: Date;
  /** Images resumed from an interrupted session. */
  resumed: number;
}

/** What a run was and what came out. With `--calibrate` the thresholds are fitted here, after all numbers. */
export async function summariseRun(context: SummaryContext, result: FoldResult): Promise<RunSummary> {
  const { request, dataset, source, thresholds, settings, startedAt } = context;
  const { identity, fusion } = source;
  const fusionFittedOn = fusion?.fittedOn;
  const joined = fusionWarnings(fusionFittedOn, { name: dataset.name, sha256: result.sha256 });
  const headline = headlinePath(request.protocol);
  const { metrics } = result.metrics;
  const fittedOn = {
    dataset: dataset.name,
    samples: result.rows.length,
    sha256: result.sha256,
    objective: request.calibrate ? describeObjective(request.calibrate) : '',
    date: startedAt.toISOString(),
  };
  const outcome =
    request.calibrate &&
    (await calibrate(result.rows, result.metrics, {
      model: identity,
      objective: request.calibrate,
      fittedOn,
      way: source.wayOf(request),
      into: request.into,
      ...(request.fitFusion && {
        join: { sources: source.evidence, inForce: fusion, seed: request.seed },
      }),
    }));
  const refused = outcome && 'refused' in outcome ? outcome.refused : undefined;
  const calibration = outcome && 'calibration' in outcome ? outcome.calibration : null;
  return {
    schemaVersion: 1,
    ofx: OFX_VERSION,
    build: OFX_BUILD,
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    resumed: context.resumed,
    dataset: {
      name: dataset.name,
      location: request.dataset,
      layout: dataset.layout,
      list: dataset.list === null ? null : path.basename(dataset.list),
      sha256: result.sha256,
      samples: result.rows.length,
      available: dataset.samples.length,
      leftOut: dataset.leftOut,
      findings: [...dataset.findings, ...source.findings(), ...result.findings],
    },
    model: {
      ...identity,
      ...(thresholds.fittedOn !== undefined && { fittedOn: thresholds.fittedOn }),
      ...(fusionFittedOn !== undefined && { fusionFittedOn }),
    },
    settings: {
      protocol: request.protocol,
      scoreAt: request.scoreAt,
      tile: request.tile ?? false,
      ...(request.mirror && { mirror: true }),
      evidence: [...source.evidence],
      scoreThreshold: settings.scoreThreshold,
      maskThreshold: settings.maskThreshold,
      temperature: thresholds.temperature,
      sweepStep: request.sweepStep,
      seed: request.seed,
      limit: request.limit ?? null,
      sample: request.sample ?? null,
      strict: request.strict,
    },
    machine: {
      cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
      threads: request.detector.threads,
      concurrency: request.detector.concurrency,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
    },
    headline: { path: headline, title: METRIC_DEFINITIONS[headline].title, ...metrics[headline] },
    warnings: [
      ...joined,
      // Of weights and thresholds that were fitted together the weights say all.
      ...warningsOf(
        result,
        dataset.name,
        joined.length > 0 && thresholds.fittedOn === fusionFittedOn ? undefined : thresholds.fittedOn,
        calibration !== null,
      ),
    ],
    metrics: nestMetrics(metrics),
    sources: Object.entries(result.sourceAucs).map(([name, auc]) => ({
      name,
      title: source.titleOf(name),
      auc,
    })),
    confusion: result.metrics.confusion,
    failed: result.failed,
    operatingPoints: result.metrics.operatingPoints,
    calibration,
    ...(refused !== undefined && { calibrationRefused: refused }),
    charts: [],
  };
}

/** Thresholds fitted on fewer images of a class than this change with every image more. */
const FEW_TO_FIT = 30;

function warningsOf(
  { sha256, rows }: FoldResult,
  dataset: string,
  fittedOn: unknown,
  calibrating: boolean,
): string[] {
  const warnings = leakWarnings(fittedOn, { name: dataset, sha256 });
  if (calibrating) {
    warnings.push(
      'Thresholds were fitted on this data set. Judge them on another one: on this one they are too good.',
    );
    const tampered = rows.filter(({ label, rawScore }) => label === TAMPERED && rawScore !== null).length;
    const authentic = rows.filter(({ label, rawScore }) => label === AUTHENTIC && rawScore !== null).length;
    if (Math.min(tampered, authentic) < FEW_TO_FIT) {
      warnings.push(
        `Thresholds fitted on ${tampered} tampered and ${authentic} authentic images are guesses: ` +
          `give ${FEW_TO_FIT} or more of each. Until then, deleting the file that keeps them brings the model’s own back.`,
      );
    }
  }
  return warnings;
}

/**
 * Says so where thresholds are judged on the data they were fitted on.
 *
 * @param fittedOn a description with the data's hash, or a text that may name the data
 */
export function leakWarnings(fittedOn: unknown, data: { name: string; sha256: string }): string[] {
  if (isLeak(fittedOn, data.sha256)) {
    return [`The thresholds were fitted on this very data set. ${OPTIMISTIC}`];
  }
  if (typeof fittedOn === 'string' && names(fittedOn, data.name)) {
    return [
      `The model’s thresholds were fitted on data of this name (${fittedOn}). If these are the same data: ${OPTIMISTIC}`,
    ];
  }
  return [];
}

/**
 * Says so where sources of evidence are joined by weights that were fitted on the data they are judged on: unlike a threshold,
 * weights change the order of scores.
 *
 * @param fittedOn as for {@link leakWarnings}
 */
export function fusionWarnings(fittedOn: unknown, data: { name: string; sha256: string }): string[] {
  const tooGood =
    'every metric of the joined score is too good, ROC AUC and average precision as well. Metrics of one source alone (--evidence) are not.';
  if (isLeak(fittedOn, data.sha256))
    return [`The weights that join the sources of evidence were fitted on this very data set: ${tooGood}`];
  if (typeof fittedOn === 'string' && names(fittedOn, data.name))
    return [
      `The weights that join the sources of evidence were fitted on data of this name (${fittedOn}). If these are the same data, ${tooGood}`,
    ];
  return [];
}

/** Whether a text has a name as a whole: "casia1-dev" does not name "casia1". */
function names(text: string, name: string): boolean {
  return text.split(/[^\p{L}\p{N}._-]+/u).includes(name);
}
