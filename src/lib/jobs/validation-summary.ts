import os from 'node:os';
import path from 'node:path';
import type { Dataset } from '../dataset/sample.js';
import { headlinePath, METRIC_DEFINITIONS } from '../metrics/definitions.js';
import type { MetricSettings } from '../metrics/run-metrics.js';
import type { Network } from '../model/network.js';
import { nestMetrics, type RunSummary } from '../report/run-summary.js';
import { OFX_VERSION } from '../version.js';
import { calibrate, describeObjective, isLeak } from './calibrate.js';
import type { ValidateRequest } from './validate-request.js';
import type { FoldResult } from './validation-fold.js';

export interface SummaryContext {
  request: ValidateRequest;
  dataset: Dataset;
  network: Network;
  settings: MetricSettings;
  startedAt: Date;
  /** Images taken over from an interrupted session. */
  resumed: number;
}

/** What a run was and what came out. With `--calibrate` the thresholds are fitted here, after all numbers. */
export async function summarise(context: SummaryContext, result: FoldResult): Promise<RunSummary> {
  const { request, dataset, network, settings, startedAt } = context;
  const { identity, thresholds } = network;
  const headline = headlinePath(request.protocol);
  const { metrics } = result.metrics;
  const fittedOn = {
    dataset: dataset.name,
    samples: result.rows.length,
    sha256: result.sha256,
    objective: request.calibrate ? describeObjective(request.calibrate) : '',
    date: startedAt.toISOString(),
  };
  return {
    schemaVersion: 1,
    ofx: OFX_VERSION,
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
      findings: [...dataset.findings, ...result.findings],
    },
    model: {
      ...identity,
      ...(thresholds.fittedOn !== undefined && { fittedOn: thresholds.fittedOn }),
    },
    settings: {
      protocol: request.protocol,
      scoreAt: request.scoreAt,
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
    warnings: warningsOf(result, thresholds.fittedOn, request.calibrate !== undefined),
    metrics: nestMetrics(metrics),
    confusion: result.metrics.confusion,
    failed: result.failed,
    calibration: request.calibrate
      ? await calibrate(result.rows, result.metrics, identity, request.calibrate, fittedOn)
      : null,
    charts: [],
  };
}

function warningsOf(result: FoldResult, fittedOn: unknown, calibrating: boolean): string[] {
  const warnings: string[] = [];
  if (isLeak(fittedOn, result.sha256)) {
    warnings.push(
      'The thresholds were fitted on this very data set: numbers at these thresholds are too good.',
    );
  }
  if (calibrating) {
    warnings.push(
      'Thresholds were fitted on this data set. Judge them on another one: on this one they are too good.',
    );
  }
  return warnings;
}
