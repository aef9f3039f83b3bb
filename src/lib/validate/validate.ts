import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { pMapIterable } from 'p-map';
import { openDataset } from '../dataset/open.js';
import type { Dataset, Sample } from '../dataset/sample.js';
import { OfxError } from '../core/errors.js';
import { DEFAULT_LIMITS } from '../image/decode/samples.js';
import type { Distortion } from '../image/distort.js';
import { encodeProbability } from '../image/encode.js';
import { encodeHalfNpy } from '../image/npy.js';
import type { ProbabilityMap } from '../image/probability-map.js';
import { writeFileAtomic } from '../files/write.js';
import { sampleIndices, seededRandom } from '../metrics/random.js';
import { countedThresholds, type MetricSettings } from '../metrics/run-metrics.js';
import { sweepThresholds } from '../metrics/thresholds.js';
import type { EffectiveThresholds } from '../model/thresholds.js';
import { Analyser } from '../predict/analyse.js';
import { READ_AHEAD } from '../workers/sessions.js';
import { drawPanel } from '../report/panel.js';
import { PanelPaths } from '../run/files.js';
import { mapFile, MAPS_FOLDER, MAPS_RECORDS, writeManifest, type MapFormat } from '../run/maps.js';
import type { RobustnessRow } from '../run/robustness.js';
import type { RunRecord } from '../run/record.js';
import type { RunSummary } from '../run/summary.js';
import { OFX_BUILD, OFX_VERSION } from '../core/version.js';
import { counted } from '../text/plural.js';
import { checkInto } from './calibrate.js';
import { modelSource, type MapSource } from './map-source.js';
import { PredictionSource } from './predictions/source.js';
import { completeRun } from './complete.js';
import { describeSelection, PanelKeeper, settlePanels } from './panels.js';
import { chooseRunFolder, clearEarlierRun } from '../run/folder.js';
import { loadBaseline } from './gates.js';
import { measureRobustness } from './robustness.js';
import type { SampleRecord } from '../run/sample-record.js';
import { SampleScorer, type ScoredSample } from './score.js';
import type { ValidateEvents, ValidateRequest } from './request.js';
import { ValidationFold, type FoldResult } from './fold.js';
import { ValidationJournal, type JournalSettings } from '../run/journal.js';
import { summariseRun, type SummaryContext } from './summary.js';

const SWEEP_STEPS = { finest: 0.001, coarsest: 0.5 };

/**
 * Runs a model over a data set and writes all that says how good it is into a folder. A sample that cannot be read or scored
 * is counted and listed; what concerns the whole run is thrown.
 *
 * @throws {OfxError} DATASET_INVALID, INPUT_MISSING, USAGE, OUTPUT_UNWRITABLE, IO_FAILED, and as `Analyser.open`
 */
export async function validate(
  request: ValidateRequest,
  events: ValidateEvents = {},
  signal?: AbortSignal,
): Promise<RunRecord> {
  const startedAt = new Date();
  checkSweepStep(request.sweepStep);
  if (request.into !== undefined) await checkInto(request.into);
  const baseline = await loadBaseline(request);
  const dataset = await openDataset(request.dataset, request);
  const samples = selectSamples(dataset.samples, request);
  const source = await openSource(request, samples);
  try {
    if (request.fitFusion && source.evidence.length < 2) throw oneSource(source.evidence);
    const run = await Run.start(request, dataset, samples, source, startedAt, events);
    await run.scoreAll(signal);
    const { robustness: distortions = [] } = request;
    const robustness = distortions.length > 0 ? await run.distortAll(distortions, signal) : undefined;
    events.onReport?.();
    return await run.finish(robustness, baseline);
  } catch (error) {
    // What a stop breaks off fails in its own ways; the reason is the signal's.
    signal?.throwIfAborted();
    throw error;
  } finally {
    await source.close();
  }
}

/** One validation under way. */
class Run {
  readonly #fold: ValidationFold;
  readonly #keeper: PanelKeeper;
  readonly #panels: PanelPaths;
  #journal: ValidationJournal | undefined;
  #resumed = 0;
  /** Images that thresholds were fitted on. */
  #fittedOn = 0;

  private constructor(
    private readonly request: ValidateRequest,
    private readonly dataset: Dataset,
    private readonly samples: readonly Sample[],
    private readonly source: MapSource,
    private readonly thresholds: EffectiveThresholds,
    private readonly startedAt: Date,
    private readonly events: ValidateEvents,
    private readonly folder: string,
    private readonly settings: MetricSettings,
  ) {
    this.#fold = new ValidationFold(settings);
    const names = samples.map(({ name }) => name);
    this.#keeper = new PanelKeeper(request.panels, names, request.seed);
    this.#panels = new PanelPaths(names, request.panelFormat ?? 'png', request.masks);
  }

  static async start(
    request: ValidateRequest,
    dataset: Dataset,
    samples: readonly Sample[],
    source: MapSource,
    startedAt: Date,
    events: ValidateEvents,
  ): Promise<Run> {
    const { identity, notes } = source;
    const thresholds = await source.thresholds(request);
    for (const note of notes) events.onNote?.(note);
    const { folder, isUnfinished } = await chooseRunFolder({
      out: request.out,
      dataset: dataset.name,
      model: identity.name,
      date: startedAt,
      resume: request.resume,
    });
    const settings: MetricSettings = {
      scoreThreshold: request.scoreThreshold ?? thresholds.score,
      maskThreshold: request.maskThreshold ?? thresholds.mask,
      sweep: sweepThresholds(request.sweepStep),
      seed: request.seed,
    };
    const run = new Run(request, dataset, samples, source, thresholds, startedAt, events, folder, settings);
    if (!isUnfinished) await clearEarlierRun(folder);
    run.#journal = isUnfinished
      ? await ValidationJournal.resume(folder, run.#journalSettings(), (record) => run.#takeOver(record))
      : await ValidationJournal.create(folder, run.#journalSettings());
    return run;
  }

  async scoreAll(signal: AbortSignal | undefined): Promise<void> {
    const { panels, masks, scoreAt, strict, limits, tile, mirror, saveMaps } = this.request;
    const scorer = new SampleScorer(this.source, {
      saveMaps: saveMaps !== undefined,
      scoreAt,
      tile,
      mirror,
      strict,
      limits,
      thresholds: countedThresholds(this.settings),
      panels: panels !== 'none',
      masks: masks ?? false,
      maskThreshold: this.settings.maskThreshold,
    });
    let done = this.#resumed;
    this.events.onStart?.(this.samples.length, done);
    const concurrency = this.request.detector.concurrency + READ_AHEAD;
    const scored = pMapIterable(this.samples.slice(done), (sample) => scorer.score(sample, signal), {
      concurrency,
    });
    try {
      for await (const result of scored) {
        await this.#settle(result);
        this.events.onProgress?.(++done);
      }
    } finally {
      await this.#journal?.close();
    }
  }

  /** The data set again, under each distortion. */
  async distortAll(
    distortions: readonly Distortion[],
    signal: AbortSignal | undefined,
  ): Promise<RobustnessRow[]> {
    const { scoreAt, limits, tile, mirror, detector } = this.request;
    this.events.onStart?.(this.samples.length * distortions.length, 0);
    return measureRobustness(this.source, this.samples, this.#journal!.records(), {
      distortions,
      settings: this.settings,
      score: { scoreAt, limits, tile, mirror },
      concurrency: detector.concurrency + READ_AHEAD,
      onProgress: this.events.onProgress,
      signal,
    });
  }

  async finish(
    robustness: RobustnessRow[] | undefined,
    baseline: RunSummary | undefined,
  ): Promise<RunRecord> {
    const result = this.#fold.result();
    assertSomethingScored(result);
    for (const row of result.rows) if (this.#keeper.keeps(row)) row.panel = this.#panels.of(row.image);
    const which = this.#keeper.describe();
    if (this.request.saveMaps !== undefined) {
      const { name, version, sha256, inputSize, precision } = this.source.identity;
      const model = { name, version, sha256, inputSize, precision };
      await writeManifest(this.folder, { format: this.request.saveMaps, model }, this.#journal!.records());
    }
    const summarised = await summariseRun(this.#context(), result);
    if (this.#fittedOn > 0)
      summarised.warnings.push(
        `${counted(this.#fittedOn, 'image')} of this data set ${this.#fittedOn === 1 ? 'is' : 'are'} among those that the thresholds were fitted on: numbers at thresholds are too good.`,
      );
    const summary: RunSummary = {
      ...summarised,
      ...(which && {
        panels: { kept: result.rows.filter((row) => this.#keeper.keeps(row)).length, which },
      }),
    };
    const { charts, failOn } = this.request;
    const records = (): AsyncIterable<SampleRecord> => this.#journal!.records();
    const { folder, settings } = this;
    const completion = { folder, settings, records, charts, failOn, baseline, robustness };
    const record = await completeRun(summary, result, completion);
    if (this.request.saveMaps === undefined) await this.#journal?.remove();
    else await this.#journal?.keep(path.join(this.folder, MAPS_FOLDER, MAPS_RECORDS));
    return record;
  }

  #context(): SummaryContext {
    const { request, dataset, source, thresholds, settings, startedAt } = this;
    return { request, dataset, source, thresholds, settings, startedAt, resumed: this.#resumed };
  }

  /** Image first, then journal: what the journal calls done is there. */
  async #settle({ record, tiles, mask, map }: ScoredSample): Promise<void> {
    const { saveMaps } = this.request;
    if (map && saveMaps !== undefined && record.kind === 'scored')
      record.map = await saveMap(this.folder, record.evidence.image, map, saveMaps);
    if (record.kind === 'scored' && this.request.fittedOnImages?.has(record.imageSha256)) this.#fittedOn++;
    const row = this.#fold.add(record);
    const { draw, remove } = this.#keeper.decide(row);
    if (draw && tiles) {
      const thresholds = { score: this.settings.scoreThreshold, mask: this.settings.maskThreshold };
      await writeFileAtomic(
        this.#panelFile(row.image),
        await drawPanel(tiles, row, thresholds, this.request.panelFormat),
      );
      if (mask) await writeFileAtomic(this.#maskFile(row.image), await mask());
    }
    await this.#journal?.add(record);
    await this.#remove(remove);
  }

  /** A record of an interrupted session: everything but the drawing. */
  async #takeOver(record: SampleRecord): Promise<void> {
    const { remove } = this.#keeper.decide(this.#fold.add(record));
    await this.#remove(remove);
    this.#resumed++;
  }

  async #remove(images: readonly string[]): Promise<void> {
    for (const image of images) {
      await rm(this.#panelFile(image), { force: true });
      if (this.request.masks) await rm(this.#maskFile(image), { force: true });
    }
  }

  #panelFile(image: string): string {
    return path.join(this.folder, this.#panels.of(image));
  }

  #maskFile(image: string): string {
    return path.join(this.folder, this.#panels.maskOf(image));
  }

  /** Everything that decides a record or a panel. */
  #journalSettings(): JournalSettings {
    const { scoreAt, strict, limits, seed, limit, sample, tile, mirror } = this.request;
    const panels = settlePanels(this.request.panels, this.samples.length);
    const { maxPixels, maxBytes } = { ...DEFAULT_LIMITS, ...limits };
    const { identity } = this.source;
    const { scoreThreshold, maskThreshold, sweep } = this.settings;
    return {
      // Another version may decode or count otherwise.
      ofx: OFX_VERSION,
      build: OFX_BUILD,
      model: identity.sha256,
      size: identity.inputSize,
      temperature: this.thresholds.temperature,
      tile: tile ?? false,
      mirror: mirror ?? false,
      evidence: this.source.evidence.join('+'),
      'score-at': scoreAt,
      threshold: scoreThreshold,
      'mask-threshold': maskThreshold,
      sweep: sweep.join(' '),
      strict,
      'max-pixels': maxPixels,
      'max-bytes': maxBytes,
      'panel-format': this.request.panelFormat ?? 'png',
      panels: typeof panels === 'string' ? panels : describeSelection(panels),
      masks: this.request.masks ?? false,
      'save-maps': this.request.saveMaps ?? false,
      scores: this.request.scores ?? null,
      seed,
      limit: limit ?? null,
      sample: sample ?? null,
      samples: this.samples.length,
      list: hashSamples(this.samples),
    };
  }
}

function oneSource([name]: readonly string[]): OfxError {
  return new OfxError(
    'USAGE',
    `--fit-fusion joins several sources of evidence, and this run has one: ${name!}.`,
    {
      suggestion: 'Name them: --evidence network,copies.',
    },
  );
}

/** What is measured: a model, or predictions on disk. */
async function openSource(request: ValidateRequest, samples: readonly Sample[]): Promise<MapSource> {
  if (request.predictions !== undefined)
    return PredictionSource.open(request.predictions, samples, request.scores);
  return modelSource(await Analyser.open(request.model!, request.detector));
}

async function saveMap(
  folder: string,
  image: string,
  map: ProbabilityMap,
  format: MapFormat,
): Promise<{ file: string; sha256: string }> {
  const file = mapFile(image, format);
  const bytes = format === 'png16' ? await encodeProbability(map, map.width, map.height) : encodeHalfNpy(map);
  await writeFileAtomic(path.join(folder, MAPS_FOLDER, file), bytes);
  return { file, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Those samples of a data set that a request is about. */
export function selectSamples(
  samples: readonly Sample[],
  { limit, sample, seed }: Pick<ValidateRequest, 'limit' | 'sample' | 'seed'>,
): readonly Sample[] {
  if (sample === undefined) return samples.slice(0, limit);
  return sampleIndices(samples.length, sample, seededRandom(seed))
    .map((index) => samples[index]!)
    .slice(0, limit);
}

function checkSweepStep(step: number): void {
  if (step >= SWEEP_STEPS.finest && step <= SWEEP_STEPS.coarsest) return;
  const { finest, coarsest } = SWEEP_STEPS;
  throw new OfxError('USAGE', `--sweep-step takes a number from ${finest} to ${coarsest}, not ${step}.`);
}

/** Tells whether two sessions have the same samples in the same order. */
function hashSamples(samples: readonly Sample[]): string {
  const hash = createHash('sha256');
  for (const { name, mask, label, category } of samples)
    hash.update(`${name}\t${mask}\t${label}\t${category}\n`);
  return hash.digest('hex').slice(0, 12);
}

/** Nothing could be scored: a run without a number is no result. */
function assertSomethingScored({ rows, failed }: FoldResult): void {
  if (failed.length < rows.length) return;
  const { image, message } = failed[0]!;
  throw new OfxError(
    'DATASET_INVALID',
    `None of ${rows.length} images could be scored. ${image}: ${message}`,
  );
}
