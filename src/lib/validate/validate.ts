import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { pMapIterable } from 'p-map';
import { openDataset } from '../dataset/open.js';
import type { Dataset, Sample } from '../dataset/sample.js';
import { OfxError } from '../core/errors.js';
import { DEFAULT_LIMITS } from '../image/decode/samples.js';
import { writeFileAtomic } from '../files/write.js';
import { sampleIndices, seededRandom } from '../metrics/random.js';
import { countedThresholds, type MetricSettings } from '../metrics/run-metrics.js';
import { sweepThresholds } from '../metrics/thresholds.js';
import type { EffectiveThresholds } from '../model/thresholds.js';
import { Analyser } from '../predict/analyse.js';
import { drawPanel } from '../report/panel.js';
import { PanelPaths } from '../run/files.js';
import type { RobustnessRow } from '../run/robustness.js';
import type { RunRecord } from '../run/record.js';
import { nestMetrics, type RunSummary } from '../run/summary.js';
import { OFX_BUILD, OFX_VERSION } from '../core/version.js';
import { writeEvidence } from '../run/evidence.js';
import { measureCategories } from './categories.js';
import { describeSelection, PanelKeeper, settlePanels } from './panels.js';
import { chooseRunFolder, clearEarlierRun } from '../run/folder.js';
import { judgeRun, loadBaseline } from './gates.js';
import { measureRobustness, ROBUSTNESS_PASSES } from './robustness.js';
import type { SampleRecord } from '../run/sample-record.js';
import { SampleScorer, type ScoredSample } from './score.js';
import type { ValidateEvents, ValidateRequest } from './request.js';
import { ValidationFold, type FoldResult } from './fold.js';
import { ValidationJournal, type JournalSettings } from '../run/journal.js';
import { summarise, type SummaryContext } from './summary.js';
import { writeRunFiles } from './write.js';

/** Samples that are read, measured or drawn while others are in the network. */
const READ_AHEAD = 2;

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
  const baseline = await loadBaseline(request);
  const dataset = await openDataset(request.dataset, request);
  const samples = selectSamples(dataset.samples, request);
  const analyser = await Analyser.open(request.model, request.detector);
  try {
    const run = await Run.start(request, dataset, samples, analyser, startedAt, events);
    await run.scoreAll(signal);
    const robustness = request.robustness ? await run.distortAll(signal) : undefined;
    events.onReport?.();
    return await run.finish(robustness, baseline);
  } catch (error) {
    // What a stop breaks off fails in its own ways; the reason is the signal's.
    signal?.throwIfAborted();
    throw error;
  } finally {
    await analyser.close();
  }
}

/** One validation under way. */
class Run {
  readonly #fold: ValidationFold;
  readonly #keeper: PanelKeeper;
  readonly #panels: PanelPaths;
  #journal: ValidationJournal | undefined;
  #resumed = 0;

  private constructor(
    private readonly request: ValidateRequest,
    private readonly dataset: Dataset,
    private readonly samples: readonly Sample[],
    private readonly analyser: Analyser,
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
    analyser: Analyser,
    startedAt: Date,
    events: ValidateEvents,
  ): Promise<Run> {
    const { identity, notes } = analyser.network;
    const thresholds = await analyser.thresholds(request);
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
    const run = new Run(request, dataset, samples, analyser, thresholds, startedAt, events, folder, settings);
    if (!isUnfinished) await clearEarlierRun(folder);
    run.#journal = isUnfinished
      ? await ValidationJournal.resume(folder, run.#journalSettings(), (record) => run.#takeOver(record))
      : await ValidationJournal.create(folder, run.#journalSettings());
    return run;
  }

  async scoreAll(signal: AbortSignal | undefined): Promise<void> {
    const { panels, masks, scoreAt, strict, limits, tile } = this.request;
    const scorer = new SampleScorer(this.analyser, {
      scoreAt,
      tile,
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
  async distortAll(signal: AbortSignal | undefined): Promise<RobustnessRow[]> {
    const { scoreAt, limits, tile, detector } = this.request;
    this.events.onStart?.(this.samples.length * ROBUSTNESS_PASSES, 0);
    return measureRobustness(this.analyser, this.samples, this.#journal!.records(), {
      settings: this.settings,
      score: { scoreAt, limits, tile },
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
    const { categories, warning } = await measureCategories(
      result.rows,
      () => this.#journal!.records(),
      this.settings,
    );
    const record: RunRecord = {
      folder: this.folder,
      summary: {
        ...(await summarise(this.#context(), result)),
        ...(which && {
          panels: { kept: result.rows.filter((row) => this.#keeper.keeps(row)).length, which },
        }),
        ...(categories.length > 0 && {
          categories: categories.map((each) => ({ ...each, metrics: nestMetrics(each.metrics) })),
        }),
      },
      rows: result.rows,
      curves: result.metrics,
      ...(robustness && { robustness }),
    };
    if (warning !== undefined) record.summary.warnings.push(warning);
    const { failOn = [] } = this.request;
    if (failOn.length > 0) record.summary.gates = judgeRun(record.summary, failOn, baseline);
    await writeEvidence(this.folder, countedThresholds(this.settings).values, this.#journal!.records());
    await writeRunFiles(record, this.request);
    await this.#journal?.remove();
    return record;
  }

  #context(): SummaryContext {
    const { request, dataset, analyser, thresholds, settings, startedAt } = this;
    return { request, dataset, analyser, thresholds, settings, startedAt, resumed: this.#resumed };
  }

  /** Picture first, then journal: what the journal calls done is there. */
  async #settle({ record, tiles, mask }: ScoredSample): Promise<void> {
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
    const { scoreAt, strict, limits, seed, limit, sample, tile } = this.request;
    const panels = settlePanels(this.request.panels, this.samples.length);
    const { maxPixels, maxBytes } = { ...DEFAULT_LIMITS, ...limits };
    const { identity } = this.analyser.network;
    const { scoreThreshold, maskThreshold, sweep } = this.settings;
    return {
      // Another version may decode or count otherwise.
      ofx: OFX_VERSION,
      build: OFX_BUILD,
      model: identity.sha256,
      size: identity.inputSize,
      temperature: this.thresholds.temperature,
      tile: tile ?? false,
      evidence: this.analyser.evidence.sources.join('+'),
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
      seed,
      limit: limit ?? null,
      sample: sample ?? null,
      samples: this.samples.length,
      list: hashSamples(this.samples),
    };
  }
}

function selectSamples(
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
