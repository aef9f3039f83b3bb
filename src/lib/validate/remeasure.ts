import path from 'node:path';
import { OfxError } from '../core/errors.js';
import { OFX_BUILD, OFX_VERSION } from '../core/version.js';
import { exists } from '../files/exists.js';
import { headlinePath, METRIC_DEFINITIONS, type Protocol } from '../metrics/definitions.js';
import { countsAt } from '../metrics/counts-at.js';
import { countedThresholds, type MetricSettings } from '../metrics/run-metrics.js';
import { sweepThresholds, type ThresholdSet } from '../metrics/thresholds.js';
import { writeEvidence } from '../run/evidence.js';
import { recordsIn } from '../run/journal.js';
import { loadSummary } from '../run/load.js';
import { MAPS_FOLDER, MAPS_RECORDS } from '../run/maps.js';
import type { RunRecord } from '../run/record.js';
import { chooseRunFolder, clearEarlierRun } from '../run/folder.js';
import type { SampleRecord } from '../run/sample-record.js';
import { nestMetrics, type RunSummary } from '../run/summary.js';
import { completeRun } from './complete.js';
import { ValidationFold } from './fold.js';
import { loadBaseline } from './gates.js';
import type { ValidateEvents, ValidateRequest } from './request.js';
import type { ScoreAt } from './score.js';
import { validate } from './validate.js';

/** What may be asked of a finished run; what is left out stays as it was. */
export interface RemeasureRequest extends Pick<
  ValidateRequest,
  'out' | 'charts' | 'failOn' | 'baseline' | 'scoreThreshold' | 'maskThreshold' | 'limits' | 'strict'
> {
  /** The finished run's folder. */
  from: string;
  protocol?: Protocol | undefined;
  scoreAt?: ScoreAt | undefined;
  sweepStep?: number | undefined;
  seed?: number | undefined;
  /** Where the data set lies now; for another place of comparison alone. */
  dataset?: string | undefined;
}

/**
 * Measures a finished run again under other settings, without inference, from what `--save-maps` kept: records of its images,
 * or for another place of comparison its maps.
 *
 * @throws {OfxError} USAGE where the run kept none; INPUT_MISSING, RESULT_INVALID
 */
export async function remeasure(
  request: RemeasureRequest,
  events: ValidateEvents = {},
  signal?: AbortSignal,
): Promise<RunRecord> {
  const startedAt = new Date();
  const { folder: from, summary: old } = await loadSummary(request.from);
  const file = path.join(from, MAPS_FOLDER, MAPS_RECORDS);
  if (!(await exists(file))) throw keptNothing(request.from, old);
  const { scoreAt = old.settings.scoreAt } = request;
  if (scoreAt !== old.settings.scoreAt) return fromMaps(request, from, old, scoreAt, events, signal);

  const baseline = await loadBaseline(request);
  const settings: MetricSettings = {
    scoreThreshold: request.scoreThreshold ?? old.settings.scoreThreshold,
    maskThreshold: request.maskThreshold ?? old.settings.maskThreshold,
    sweep: sweepThresholds(request.sweepStep ?? old.settings.sweepStep),
    seed: request.seed ?? old.settings.seed,
  };
  const counted = countedThresholds({
    maskThreshold: old.settings.maskThreshold,
    sweep: sweepThresholds(old.settings.sweepStep),
  });
  const sameRegions = settings.maskThreshold === old.settings.maskThreshold;
  const records = (): AsyncIterable<SampleRecord> =>
    recountedRecords(file, { counted, settings, sameRegions });
  const { folder } = await chooseRunFolder({
    out: request.out,
    dataset: old.dataset.name,
    model: old.model.name,
    date: startedAt,
    resume: false,
  });
  if (path.resolve(folder) === path.resolve(from)) throw sameFolder(folder);
  await clearEarlierRun(folder);
  const fold = new ValidationFold(settings);
  let done = 0;
  events.onStart?.(old.dataset.samples, 0);
  // Reading and unpacking the records takes longer than all that is done with them: once is enough.
  const folded = async function* (): AsyncGenerator<SampleRecord> {
    for await (const record of records()) {
      signal?.throwIfAborted();
      fold.add(record);
      events.onProgress?.(++done);
      yield record;
    }
  };
  await writeEvidence(folder, countedThresholds(settings).values, folded());
  events.onReport?.();
  const result = fold.result();
  const protocol = request.protocol ?? old.settings.protocol;
  const headline = headlinePath(protocol);
  const { metrics } = result.metrics;
  const kept = { ...old };
  delete kept.categories;
  delete kept.gates;
  delete kept.panels;
  const summary: RunSummary = {
    ...kept,
    ofx: OFX_VERSION,
    build: OFX_BUILD,
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    resumed: 0,
    remeasuredFrom: request.from,
    settings: {
      ...old.settings,
      protocol,
      scoreThreshold: settings.scoreThreshold,
      maskThreshold: settings.maskThreshold,
      sweepStep: request.sweepStep ?? old.settings.sweepStep,
      seed: settings.seed,
    },
    headline: { path: headline, title: METRIC_DEFINITIONS[headline].title, ...metrics[headline] },
    metrics: nestMetrics(metrics),
    confusion: result.metrics.confusion,
    failed: result.failed,
    operatingPoints: result.metrics.operatingPoints,
    calibration: null,
    charts: [],
  };
  const { charts, failOn } = request;
  return completeRun(summary, result, {
    folder,
    settings,
    records,
    charts,
    failOn,
    baseline,
    hasEvidence: true,
  });
}

/** Maps and ground truth meet again, at another size. */
async function fromMaps(
  request: RemeasureRequest,
  from: string,
  { settings, dataset }: RunSummary,
  scoreAt: ScoreAt,
  events: ValidateEvents,
  signal: AbortSignal | undefined,
): Promise<RunRecord> {
  const { limit, sample } = settings;
  return validate(
    {
      ...request,
      dataset: request.dataset ?? dataset.location,
      predictions: from,
      detector: { threads: 1, concurrency: 2 },
      protocol: request.protocol ?? settings.protocol,
      scoreAt,
      scoreThreshold: request.scoreThreshold ?? settings.scoreThreshold,
      maskThreshold: request.maskThreshold ?? settings.maskThreshold,
      sweepStep: request.sweepStep ?? settings.sweepStep,
      seed: request.seed ?? settings.seed,
      panels: 'none',
      resume: false,
      ...(limit !== null && { limit }),
      ...(sample !== null && { sample }),
    },
    events,
    signal,
  );
}

/**
 * Records with counts at the thresholds that are asked for now. Which regions stand out was seen at the run's own mask threshold:
 * at another one it is not known.
 */
async function* recountedRecords(
  file: string,
  {
    counted,
    settings,
    sameRegions,
  }: { counted: ThresholdSet; settings: MetricSettings; sameRegions: boolean },
): AsyncGenerator<SampleRecord> {
  const wanted = countedThresholds(settings);
  const isSame = wanted.values.every((threshold) => counted.values.includes(threshold));
  for await (const record of recordsIn(file)) {
    if (record.kind === 'failed') {
      yield record;
      continue;
    }
    if (!sameRegions) delete record.evidence.standsOut;
    const { pixel } = record.evidence;
    if (!pixel) {
      yield record;
      continue;
    }
    const counts = isSame ? picked(pixel, counted, wanted) : countsAt(pixel, counted, wanted);
    yield { ...record, evidence: { ...record.evidence, pixel: { ...pixel, ...counts } } };
  }
}

function picked(
  { tp, fp }: { tp: number[]; fp: number[] },
  counted: ThresholdSet,
  wanted: ThresholdSet,
): { tp: number[]; fp: number[] } {
  const places = wanted.values.map((threshold) => counted.indexOf(threshold));
  return { tp: places.map((place) => tp[place]!), fp: places.map((place) => fp[place]!) };
}

function keptNothing(from: string, { remeasuredFrom }: RunSummary): OfxError {
  return new OfxError('USAGE', `The run ${from} kept no maps to measure again.`, {
    suggestion:
      remeasuredFrom === undefined
        ? 'Run ofx validate with --save-maps once; then --from takes that run.'
        : `It was measured again itself: give the run that it came from, --from ${remeasuredFrom}.`,
  });
}

function sameFolder(folder: string): OfxError {
  return new OfxError('USAGE', `The run ${folder} cannot be measured again into its own folder.`, {
    suggestion: 'Choose another --out.',
  });
}
