import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import pMap from 'p-map';
import { OfxError } from '../errors.js';
import { findInputFiles, type InputFile } from '../image/input-files.js';
import { writeFileAtomic } from '../image/write.js';
import type { ModelReference } from '../model/catalogue.js';
import type { DetectorOptions } from '../model/detector.js';
import { Analyser, type AnalysisOptions } from './analyse.js';
import { createFolder, fileKey, Journal } from './journal.js';
import { OUTPUT_KINDS, planOutputs, type Destinations, type OutputPaths } from './output-paths.js';
import { isFailed, type PredictReport, type PredictResult, type PredictSummary } from './predict-result.js';

export interface PredictRequest extends Omit<AnalysisOptions, 'mask' | 'probability' | 'overlay'> {
  inputs: readonly string[];
  model: ModelReference;
  detector: DetectorOptions;
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

/** Kept beside the outputs in an output folder. */
export const JOURNAL_FILE = 'ofx-journal.ndjson';

/** Images that are decoded, rendered or written while others are in the network. */
const READ_AHEAD = 2;

/**
 * Scores images and writes what is asked for. An input that cannot be scored becomes a result of its own kind; what
 * concerns the whole run (the model, the output folder, a full disk) is thrown.
 *
 * @throws {OfxError} NO_IMAGES, USAGE, OUTPUT_UNWRITABLE, IO_FAILED, and as `Detector.open`
 */
export async function predict(
  request: PredictRequest,
  events: PredictEvents = {},
  signal?: AbortSignal,
): Promise<PredictReport> {
  const started = performance.now();
  const destinations = Object.values(request.destinations);
  const { files, single, ignored } = await findInputFiles(request.inputs, { exclude: destinations });
  if (ignored > 0)
    events.onNote?.(
      `${ignored} ${ignored === 1 ? 'file is no image and was' : 'files are no images and were'} left out.`,
    );
  const plans = await planOutputs(files, single, request.destinations);
  await checkDestinations(plans);

  const analyser = await Analyser.open(request.model, request.detector);
  try {
    const { identity, notes, thresholds } = analyser.detector.network;
    for (const note of notes) events.onNote?.(note);
    const options = analysisOptions(request, plans);
    const journal = await openJournal(request, { ...options, identity, thresholds }, single);
    events.onStart?.(files.length, single);

    const results: PredictResult[] = new Array<PredictResult>(files.length);
    const report = inOrder(results, events.onResult);
    let done = 0;
    let resumed = 0;
    await pMap(
      files.keys(),
      async (index) => {
        const file = files[index]!;
        const taken = await takeOver(file, journal);
        if (taken) resumed++;
        results[index] = taken ?? (await predictOne(analyser, file, plans[index]!, options, journal, signal));
        report();
        events.onProgress?.(++done);
      },
      { concurrency: request.detector.concurrency + READ_AHEAD, ...(signal && { signal }) },
    );
    return { results, summary: summarise(results, resumed, (performance.now() - started) / 1000) };
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
    if (!isAboutInput(error)) throw error;
    return { image: file.image, error: { code: error.code, message: error.message } };
  }
}

/** Bad input fails one image; a full disk, a broken model or a defect would fail them all. */
function isAboutInput(error: unknown): error is OfxError {
  return error instanceof OfxError && (error.code.startsWith('IMAGE_') || error.code.startsWith('INPUT_'));
}

function analysisOptions(request: PredictRequest, plans: readonly OutputPaths[]): AnalysisOptions {
  const { scoreThreshold, maskThreshold, minArea, limits, destinations } = request;
  // A folder gets maps at the network's side; a file says by its name what it wants to be.
  const probability = plans[0]?.probability;
  return {
    scoreThreshold,
    maskThreshold,
    minArea,
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
  settings: unknown,
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
  return Journal.open<PredictResult>(
    path.join(folder, JOURNAL_FILE),
    { ...(settings as object), destinations },
    resume,
  );
}

/** An earlier run's result, if the image is still the same and everything it wrote is still there. */
async function takeOver(
  file: InputFile,
  journal: Journal<PredictResult> | undefined,
): Promise<PredictResult | undefined> {
  if (!journal || journal.finished.size === 0 || file.error) return undefined;
  try {
    const result = journal.finished.get(await fileKey(file.image));
    if (!result || isFailed(result)) return undefined;
    await Promise.all(Object.values(result.outputs).map((output) => access(output)));
    return result;
  } catch {
    return undefined;
  }
}

/** Tells results as soon as all before them are there. */
function inOrder(results: readonly PredictResult[], onResult: PredictEvents['onResult']): () => void {
  let next = 0;
  return () => {
    for (let result = results[next]; result !== undefined; result = results[++next]) onResult?.(result);
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

function summarise(results: readonly PredictResult[], resumed: number, seconds: number): PredictSummary {
  const failed = results.filter(isFailed).length;
  const tampered = results.filter((result) => !isFailed(result) && result.tampered).length;
  return {
    inputs: results.length,
    tampered,
    authentic: results.length - failed - tampered,
    failed,
    resumed,
    seconds,
  };
}
