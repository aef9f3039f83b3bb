import { DEFAULT_LIMITS } from '../image/decode/samples.js';
import type { ImageLimits } from '../image/decode/samples.js';
import { skippedNotes, SkippedFiles, type SkippedCounts } from '../inputs/skipped.js';
import { findModel, type ModelReference } from '../model/catalogue.js';
import { describeNetwork } from './network.js';
import { findKeys, inputFolders } from './inputs.js';
import { planRun, type Planned } from './plan.js';
import type { MaskChoice } from './masks-choice.js';
import { isS3 } from './store/s3.js';
import type { Store } from './store/store.js';

/** What `ofx batch plan` is asked for. */
export interface PlanChoice {
  inputs: readonly string[];
  lists: readonly string[];
  model: string | undefined;
  size: number | undefined;
  /** The model's own where they are left out. */
  threshold: number | undefined;
  maskThreshold: number | undefined;
  minArea: number;
  tile: boolean;
  maxPixels: number | undefined;
  threads: number;
  masks: MaskChoice;
  shardSize: number;
}

export interface PlannedInputs extends Planned {
  /** Files of searched folders that are no inputs; left out where there are none. */
  skipped?: SkippedCounts;
}

/**
 * Plans the run of these inputs with this model.
 *
 * @throws {OfxError} as `planRun`, `findModel` and `describeNetwork`
 */
export async function planInputs(
  store: Store,
  choice: PlanChoice,
  { onNote, onProgress }: { onNote?: (note: string) => void; onProgress?: (images: number) => void } = {},
  signal?: AbortSignal,
): Promise<PlannedInputs> {
  const { inputs, lists, threshold, maskThreshold, maxPixels } = choice;
  const reference = await findModel(choice.model);
  const { identity, thresholds, evidence, notes } = await describeNetwork(reference, choice.size, {
    tile: choice.tile,
  });
  for (const note of notes) onNote?.(note);
  const limits: ImageLimits = { ...DEFAULT_LIMITS, ...(maxPixels !== undefined && { maxPixels }) };
  const skipped = new SkippedFiles();
  const exclude = isS3(store.place) ? [] : [store.drafts];
  const planned = await planRun(
    store,
    {
      keys: findKeys({ inputs, lists, exclude }, (file, reason) => {
        skipped.add(file, reason);
      }),
      folders: await inputFolders(inputs),
      base: process.cwd(),
      shardSize: choice.shardSize,
      model: { reference: placeOf(reference), identity },
      evidence,
      thresholds: {
        score: threshold ?? thresholds.score,
        mask: maskThreshold ?? thresholds.mask,
        temperature: thresholds.temperature,
      },
      minArea: choice.minArea,
      tile: choice.tile,
      limits,
      threads: choice.threads,
      masks: choice.masks,
    },
    onProgress,
    signal,
  );
  for (const note of skippedNotes(skipped.counts())) onNote?.(note);
  return { ...planned, ...(skipped.total > 0 && { skipped: skipped.counts() }) };
}

/** What finds the model again, on this machine and on others that have it at the same place. */
function placeOf(reference: ModelReference): string {
  return reference.kind === 'onnx' ? reference.file : reference.model.folder;
}
