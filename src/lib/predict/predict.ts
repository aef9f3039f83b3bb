import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import pMap from 'p-map';
import { OfxError, systemCode, toPlainError } from '../core/errors.js';
import { findInputFiles, type InputFile } from '../inputs/find-images.js';
import { DEFAULT_LIMITS } from '../image/decode/samples.js';
import { writeFileAtomic } from '../files/write.js';
import type { ModelReference } from '../model/catalogue.js';
import { planSessions, type SessionPlan } from '../workers/sessions.js';
import { OFX_VERSION } from '../core/version.js';
import { Analyser, type AnalyserOptions, type AnalysisOptions } from './analyse.js';
import { createFolder, fileKey, Journal } from '../files/journal.js';
import type { JournalSettings } from '../files/journal-settings.js';
import { OUTPUT_KINDS, planOutputs, type Destinations, type OutputPaths } from '../inputs/output-paths.js';
import { isFailed, type FailedInput, type PredictResult, type PredictSummary } from './result.js';

export interface PredictRequest extends Omit<AnalysisOptions, 'mask' | 'probability' | 'overlay'> {
  inputs: readonly string[];
  model: ModelReference;
  /** What is not said of `threads` and `concurrency` follows from the number of images. */
  detector: Omit<AnalyserOptions, keyof SessionPlan> & {
    [K in keyof SessionPlan]?: SessionPlan[K] | undefined;
  };
  destinations: Destinations;
  /** Take over what the journal in the output folder says is done with the same model and settings. */
  resume: boolean;
}

/** What a run tells while it works. */
export interface PredictEvents {
  /** Something people should know, before the first result. */
  onNote?: (note: string) => void;
  onStart?: (total: number, single: boolean) => void;
  /** Called in the order of the inputs. */
  onResult?: (result: PredictResult) => void;
  /** Called as images are finished, in any order. */
  onProgress?: (done: number) => void;
}

/** What is left to say when all results are told. */
export interface PredictOutcome {
  summary: PredictSummary;
  failures: FailedInput[];
}

/** Kept beside the outputs in an output folder. */
export const JOURNAL_FILE = 'ofx-journal.ndjson';

/** Images that are decoded, rendered or written while others are in the network. */
const READ_AHEAD = 2;

/**
 * Scores images and writes what is asked for. An input that cannot be scored becomes a result of its own kind; what
 * concerns the whole run (the model, the output folder, a full disk) is thrown. Results are told by `onResult` and not
 * kept, so that memory does not grow with the number of images.
 *
 * @throws {OfxError} NO_IMAGES, USAGE, OUTPUT_UNWRITABLE, IO_FAILED, and as `Detector.open`
 */
export async function predict(
  request: PredictRequest,
  events: PredictEvents = {},
  signal?: AbortSignal,
): Promise<PredictOutcome> {
  const started = performance.now();
  const destinations = Object.values(request.destinations);
  const { files, single, ignored } = await findInputFiles(request.inputs, { exclude: destinations });
  if (ignored > 0)
    events.onNote?.(
      `${ignored} ${ignored === 1 ? 'file is not an image and was' : 'files are not images and were'} left out.`,
    );
  const plans = await planOutputs(files, single, request.destinations);
  await checkDestinations(plans);

  const sessions = planSessions(request.detector, files.length);
  const analyser = await Analyser.open(request.model, { ...request.detector, ...sessions });
  try {
    for (const note of analyser.network.notes) events.onNote?.(note);
    const options = analysisOptions(request, plans);
    const journal = await openJournal(request, await journalSettings(request, analyser), single);
    events.onStart?.(files.length, single);

    const summary = emptySummary(files.length);
    const failures: FailedInput[] = [];
    const tell = inOrder((result) => {
      if (isFailed(result)) failures.push(result);
      summary[isFailed(result) ? 'failed' : result.tampered ? 'tampered' : 'authentic']++;
      events.onResult?.(result);
    });
    let done = 0;
    await pMap(
      files.keys(),
      async (index) => {
        const file = files[index]!;
        const taken = await takeOver(file, plans[index]!, journal);
        if (taken) summary.resumed++;
        tell(index, taken ?? (await predictOne(analyser, file, plans[index]!, options, journal, signal)));
        events.onProgress?.(++done);
      },
      { concurrency: sessions.concurrency + READ_AHEAD, ...(signal && { signal }) },
    );
    summary.seconds = (performance.now() - started) / 1000;
    return { summary, failures };
  } finally {
    await analyser.close();
  }
}

async function predictOne(
  analyser: Analyser,
  file: InputFile,
  outputs: OutputPaths,
  options: AnalysisOptions,
  journal: Journal<PredictResult> | undefined,
  signal: AbortSignal | undefined,
): Promise<PredictResult> {
  try {
    if (file.error) throw file.error;
    const { prediction, files } = await analyser.analyse(file.image, file.image, options, signal);
    for (const kind of OUTPUT_KINDS) {
      const output = outputs[kind];
      const content = files[kind];
      if (output === undefined || content === undefined) continue;
      await writeFileAtomic(output, content, signal);
      prediction.outputs[kind] = output;
    }
    await journal?.add(await fileKey(file.image), prediction);
    return prediction;
  } catch (error) {
    if (!isAboutImage(error)) throw error;
    return { image: file.image, error: toPlainError(error) };
  }
}

/** Bad input or a name too long fails one image; a full disk, a broken model or a defect would fail them all. */
function isAboutImage(error: unknown): error is OfxError {
  if (!(error instanceof OfxError)) return false;
  return /^(IMAGE_|INPUT_|PREDICTION_INVALID)/.test(error.code) || systemCode(error.cause) === 'ENAMETOOLONG';
}

function analysisOptions(request: PredictRequest, plans: readonly OutputPaths[]): AnalysisOptions {
  const { scoreThreshold, maskThreshold, minArea, tile, limits, destinations } = request;
  // A folder gets maps at the network's side; a file says by its name what it wants to be.
  const probability = plans[0]?.probability;
  return {
    scoreThreshold,
    maskThreshold,
    minArea,
    tile,
    limits,
    mask: destinations.mask !== undefined,
    overlay: overlayFormat(plans[0]?.overlay),
    probability:
      probability === undefined
        ? undefined
        : path.extname(probability).toLowerCase() === '.png'
          ? 'png'
          : 'npy',
  };
}

function overlayFormat(file: string | undefined): AnalysisOptions['overlay'] {
  if (file === undefined) return undefined;
  return /\.jpe?g$/i.test(file) ? 'jpeg' : 'png';
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
          suggestion: 'Give --out, --probability or --overlay a folder, and several inputs.',
        },
      );
    }
    return undefined;
  }
  return Journal.open<PredictResult>(path.join(folder, JOURNAL_FILE), settings, resume);
}

/** Everything that decides a result or an output. */
async function journalSettings(
  { scoreThreshold, maskThreshold, minArea, tile, limits, destinations }: PredictRequest,
  analyser: Analyser,
): Promise<JournalSettings> {
  const { identity } = analyser.network;
  const thresholds = await analyser.thresholds({ tile });
  const { maxPixels, maxBytes } = { ...DEFAULT_LIMITS, ...limits };
  const place = (destination: string | undefined): string | null =>
    destination === undefined ? null : path.resolve(destination);
  return {
    // Another version may decode otherwise.
    ofx: OFX_VERSION,
    model: `${identity.name} ${identity.version} (${identity.sha256})`,
    size: identity.inputSize,
    temperature: thresholds.temperature,
    threshold: scoreThreshold ?? thresholds.score,
    'mask-threshold': maskThreshold ?? thresholds.mask,
    'min-area': minArea,
    tile: tile ?? false,
    evidence: analyser.evidence.sources.join('+'),
    'max-pixels': maxPixels,
    'max-bytes': maxBytes,
    out: place(destinations.mask),
    probability: place(destinations.probability),
    overlay: place(destinations.overlay),
  };
}

/** An earlier run's result, if the image is still the same and everything that this run would write is there. */
async function takeOver(
  file: InputFile,
  outputs: OutputPaths,
  journal: Journal<PredictResult> | undefined,
): Promise<PredictResult | undefined> {
  if (!journal || journal.finished.size === 0 || file.error) return undefined;
  try {
    const result = journal.finished.get(await fileKey(file.image));
    if (!result || isFailed(result)) return undefined;
    // From other inputs, the same image may get another place in the output folder.
    if (OUTPUT_KINDS.some((kind) => result.outputs[kind] !== outputs[kind])) return undefined;
    await Promise.all(Object.values(outputs).map((output) => access(output)));
    return { ...result, image: file.image };
  } catch {
    return undefined;
  }
}

/** Tells results in the order of the inputs, each as soon as all before it are there, and keeps none that it told. */
function inOrder(onResult: (result: PredictResult) => void): (index: number, result: PredictResult) => void {
  const waiting = new Map<number, PredictResult>();
  let next = 0;
  return (index, result) => {
    waiting.set(index, result);
    for (let ready = waiting.get(next); ready !== undefined; ready = waiting.get(next)) {
      waiting.delete(next++);
      onResult(ready);
    }
  };
}

/** A folder that cannot be written is told before an hour of work, not after it. */
async function checkDestinations(plans: readonly OutputPaths[]): Promise<void> {
  for (const folder of new Set(
    plans.flatMap((plan) => Object.values(plan).map((output) => path.dirname(output))),
  )) {
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

function emptySummary(inputs: number): PredictSummary {
  return { inputs, tampered: 0, authentic: 0, failed: 0, resumed: 0, seconds: 0 };
}
