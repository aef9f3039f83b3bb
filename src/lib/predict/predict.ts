import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { pMapIterable } from 'p-map';
import { OfxError, systemCode, toPlainError } from '../core/errors.js';
import { isFolder } from '../files/exists.js';
import { ImageSearch, type InputFile, type OnSkipped } from '../inputs/find-images.js';
import { Lookahead } from '../inputs/lookahead.js';
import { skippedNotes, SkippedFiles } from '../inputs/skipped.js';
import { nameKey } from '../text/names.js';
import { OUTPUT_KINDS, OUTPUTS, type OutputFormats } from '../image/output-kinds.js';
import { DEFAULT_LIMITS } from '../image/decode/samples.js';
import { writeFileAtomic } from '../files/write.js';
import { readCard } from '../model/card.js';
import type { ModelReference } from '../model/catalogue.js';
import { planSessions, READ_AHEAD, type SessionPlan } from '../workers/sessions.js';
import { OFX_BUILD, OFX_VERSION } from '../core/version.js';
import { Analyser, type AnalyserOptions, type AnalysisOptions } from './analyse.js';
import type { Exhibit } from './exhibit/exhibit.js';
import type { ExhibitKeeper } from './exhibit/keeper.js';
import { createFolder, fileKey, Journal } from '../files/journal.js';
import type { JournalSettings } from '../files/journal-settings.js';
import { planOutputs, type Destinations, type OutputPaths } from '../inputs/output-paths.js';
import {
  isFailed,
  SummaryCounter,
  type FailedInput,
  type PredictResult,
  type PredictSummary,
} from './result.js';

export interface PredictRequest extends Omit<AnalysisOptions, 'outputs' | 'exhibit'> {
  inputs: readonly string[];
  model: ModelReference;
  /** What is not said of `threads` and `concurrency` follows from the number of images. */
  detector: Omit<AnalyserOptions, keyof SessionPlan> & {
    [K in keyof SessionPlan]?: SessionPlan[K] | undefined;
  };
  destinations: Destinations;
  /** Take over what the journal in the output folder says is done with the same model and settings. */
  resume: boolean;
  /** Who keeps results together with their pictures. */
  keeper?: ExhibitKeeper | undefined;
}

/** What a run tells while it works. */
export interface PredictEvents {
  /** Something people should know. */
  onNote?: (note: string) => void;
  /** A file of a folder that was left out, and why. */
  onSkipped?: OnSkipped;
  /** Before the first result. */
  onStart?: (single: boolean) => void;
  /** Called in the order of the inputs. */
  onResult?: (result: PredictResult) => void;
  /** Called as windows of a single image are looked through. */
  onWindow?: (done: number, total: number) => void;
  /** Called as images are finished, in any order, and as more are found: `isTotal` once there will be no more. */
  onProgress?: (done: number, found: number, isTotal: boolean) => void;
}

/** What is left to say when all results are told. */
export interface PredictOutcome {
  summary: PredictSummary;
  /** The failed input, if there was one input only. */
  onlyFailure: FailedInput | undefined;
}

/** Kept beside the outputs in an output folder. */
export const JOURNAL_FILE = 'ofx-journal.ndjson';

/** Finished results that may wait for an earlier one, for each image that is under way. */
const BACKPRESSURE = 4;

/** From so many images on it does not matter how many there are. */
const FEW_IMAGES = 5;

/** How far the search may go ahead of the scoring, so that the number of images is known early. */
const SEARCH_AHEAD = 10_000;

/**
 * Scores images and writes what is asked for. An input that cannot be scored becomes a result of its own kind; what
 * concerns the whole run (the model, the output folder, a full disk) is thrown. Inputs are scored as they are found, and
 * results are told by `onResult` and not kept, so that memory does not grow with the number of images. Where outputs are
 * asked for, all inputs are found once before, to be sure that no output replaces an image or another output.
 *
 * @throws {OfxError} NO_IMAGES, USAGE, OUTPUT_UNWRITABLE, IO_FAILED, and as `Detector.open`
 */
export async function predict(
  request: PredictRequest,
  events: PredictEvents = {},
  signal?: AbortSignal,
): Promise<PredictOutcome> {
  const outputs = Object.values(request.destinations);
  const exclude = [...outputs, ...(request.keeper?.files ?? [])];
  const search = await ImageSearch.open(request.inputs, {
    exclude,
    photosOnly: true,
    needsPlaces: outputs.length > 0,
  });
  try {
    return await predictFound(search, request, events, signal);
  } finally {
    await search.close();
  }
}

async function predictFound(
  search: ImageSearch,
  request: PredictRequest,
  events: PredictEvents,
  signal: AbortSignal | undefined,
): Promise<PredictOutcome> {
  const started = performance.now();
  const single = await search.isSingle();
  const plan = await planOutputs(() => search.files(), single, request.destinations);
  await checkDestinations(request, single);

  const skipped = new SkippedFiles();
  const files = new Lookahead(
    search.files((file, reason) => {
      skipped.add(file, reason);
      events.onSkipped?.(file, reason);
    }),
    SEARCH_AHEAD,
  );
  // Nothing to do is told before the model is loaded; a list that comes slowly is not waited for.
  const count = search.mayBeMany ? Infinity : await files.countAtLeast(FEW_IMAGES);
  const sessions = planSessions(request.detector, count);
  const analyser = await Analyser.open(request.model, { ...request.detector, ...sessions });
  let journal: Journal<PredictResult> | undefined;
  try {
    for (const note of analyser.network.notes) events.onNote?.(note);
    const options: AnalysisOptions = {
      ...analysisOptions(request, plan.formats),
      // Of several images, the images are counted.
      onWindow: single ? events.onWindow : undefined,
    };
    const settings = await journalSettings(request, analyser);
    journal = await openJournal(request, settings, single);
    const { keeper, model } = request;
    const { network, evidence } = analyser;
    const { temperature } = await analyser.thresholds(request);
    if (keeper)
      await keeper.begin({ model, card: await readCard(model), network, evidence, temperature, settings });
    events.onStart?.(single);

    const counter = new SummaryCounter();
    const { summary } = counter;
    let onlyFailure: FailedInput | undefined;
    const tell = (result: PredictResult): void => {
      counter.add(result);
      onlyFailure = isFailed(result) && summary.inputs === 1 ? result : undefined;
      events.onResult?.(result);
    };
    let done = 0;
    const work = async (file: InputFile): Promise<PredictResult> => {
      signal?.throwIfAborted();
      const outputs = plan.pathsOf(file);
      const taken = await takeOver(file, outputs, journal);
      if (taken) summary.resumed++;
      const result =
        taken ?? (await predictOne(analyser, file, outputs, options, { journal, keeper }, signal));
      events.onProgress?.(++done, files.found, files.isAll);
      return result;
    };
    // As many are under way as there is work for; results that wait for an earlier one are few.
    const results = pMapIterable(files, work, {
      concurrency: sessions.concurrency + READ_AHEAD,
      backpressure: BACKPRESSURE * (sessions.concurrency + READ_AHEAD),
    });
    for await (const result of results) tell(result);
    summary.seconds = (performance.now() - started) / 1000;
    if (skipped.total > 0) {
      summary.skipped = skipped.counts();
      for (const note of skippedNotes(skipped.counts())) events.onNote?.(note);
    }
    await keeper?.finish(summary);
    return { summary, onlyFailure };
  } finally {
    await journal?.close();
    await analyser.close();
  }
}

async function predictOne(
  analyser: Analyser,
  file: InputFile,
  outputs: OutputPaths,
  options: AnalysisOptions,
  { journal, keeper }: { journal: Journal<PredictResult> | undefined; keeper: ExhibitKeeper | undefined },
  signal: AbortSignal | undefined,
): Promise<PredictResult> {
  let kept: Exhibit | undefined;
  let result: PredictResult;
  try {
    if (file.error) throw file.error;
    const { prediction, files, exhibit } = await analyser.analyse(file.image, file.image, options, signal);
    for (const kind of OUTPUT_KINDS) {
      const output = outputs[kind];
      const content = files[kind];
      if (output === undefined || content === undefined) continue;
      await writeFileAtomic(output, content, signal);
      prediction.outputs[kind] = output;
    }
    await journal?.add(await fileKey(file.image), prediction);
    kept = exhibit;
    result = prediction;
  } catch (error) {
    if (!isAboutImage(error)) throw error;
    const failed: FailedInput = { image: file.image, error: toPlainError(error) };
    // It is tried again when the run is resumed, but the journal shall not look as if it had been none.
    await journal?.add(failureKey(file.image), failed);
    result = failed;
  }
  await keeper?.keep(result, kept);
  return result;
}

function failureKey(image: string): string {
  return JSON.stringify([nameKey(path.resolve(image)), 'failed']);
}

/** Bad input or a name too long fails one image; a full disk, a broken model or a defect would fail them all. */
function isAboutImage(error: unknown): error is OfxError {
  return error instanceof OfxError && (error.scope === 'image' || systemCode(error.cause) === 'ENAMETOOLONG');
}

function analysisOptions(request: PredictRequest, outputs: OutputFormats): AnalysisOptions {
  const { scoreThreshold, maskThreshold, minArea, tile, mirror, page, limits, keeper } = request;
  return {
    scoreThreshold,
    maskThreshold,
    minArea,
    tile,
    mirror,
    page,
    limits,
    outputs,
    exhibit: keeper && { withPosition: keeper.withPosition },
  };
}

async function openJournal(
  { destinations, resume }: PredictRequest,
  settings: JournalSettings,
  single: boolean,
): Promise<Journal<PredictResult> | undefined> {
  const [folder] = OUTPUT_KINDS.flatMap((kind) => destinations[kind] ?? []);
  if (folder === undefined || single) {
    if (resume) {
      throw new OfxError(
        'USAGE',
        '--resume needs an output folder, which keeps the journal of what is done.',
        {
          suggestion: `Give ${new Intl.ListFormat('en', { type: 'disjunction' }).format(OUTPUT_KINDS.map((kind) => `--${OUTPUTS[kind].flag}`))} a folder, and several inputs.`,
        },
      );
    }
    return undefined;
  }
  return Journal.open<PredictResult>(path.join(folder, JOURNAL_FILE), settings, resume);
}

/** Everything that decides a result or an output. */
async function journalSettings(
  { scoreThreshold, maskThreshold, minArea, tile, mirror, page, limits, destinations }: PredictRequest,
  analyser: Analyser,
): Promise<JournalSettings> {
  const { identity } = analyser.network;
  const thresholds = await analyser.thresholds({ tile, mirror });
  const { maxPixels, maxBytes } = { ...DEFAULT_LIMITS, ...limits };
  const place = (destination: string | undefined): string | null =>
    destination === undefined ? null : path.resolve(destination);
  return {
    // Another version may decode otherwise.
    ofx: OFX_VERSION,
    build: OFX_BUILD,
    model: `${identity.name} ${identity.version} (${identity.sha256})`,
    size: identity.inputSize,
    temperature: thresholds.temperature,
    threshold: scoreThreshold ?? thresholds.score,
    'mask-threshold': maskThreshold ?? thresholds.mask,
    'min-area': minArea,
    tile: tile ?? false,
    mirror: mirror ?? false,
    page: page ?? 'all',
    evidence: analyser.evidence.sources.join('+'),
    'max-pixels': maxPixels,
    'max-bytes': maxBytes,
    ...Object.fromEntries(OUTPUT_KINDS.map((kind) => [OUTPUTS[kind].flag, place(destinations[kind])])),
  };
}

/** An earlier run's result, if the image is still the same and everything that this run would write is there. */
async function takeOver(
  file: InputFile,
  outputs: OutputPaths,
  journal: Journal<PredictResult> | undefined,
): Promise<PredictResult | undefined> {
  if (!journal || journal.finished === 0 || file.error) return undefined;
  try {
    const result = await journal.find(await fileKey(file.image));
    if (!result || isFailed(result)) return undefined;
    // From other inputs, the same image may get another place in the output folder.
    const place = (output: string | undefined): string | undefined => output && nameKey(output);
    if (OUTPUT_KINDS.some((kind) => place(result.outputs[kind]) !== place(outputs[kind]))) return undefined;
    await Promise.all(Object.values(result.outputs).map((output) => access(output)));
    return { ...result, image: file.image };
  } catch {
    return undefined;
  }
}

/** A folder that cannot be written is told before an hour of work, not after it. */
async function checkDestinations({ destinations }: PredictRequest, single: boolean): Promise<void> {
  for (const destination of new Set(Object.values(destinations))) {
    const toFolder = !single || destination.endsWith(path.sep) || (await isFolder(destination));
    const folder = toFolder ? destination : path.dirname(destination);
    await createFolder(folder);
    try {
      await access(folder, constants.W_OK);
    } catch (error) {
      throw new OfxError('OUTPUT_UNWRITABLE', `The folder ${folder} cannot be written to.`, {
        suggestion: 'Choose a place that you may write to.',
        cause: error,
      });
    }
  }
}
