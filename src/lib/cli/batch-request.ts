import type { PlanChoice, PlannedInputs } from '../batch/plan-inputs.js';
import type { BatchPlan } from '../batch/result.js';
import { shardCount } from '../batch/run.js';
import type { Store } from '../batch/store/store.js';
import type { WorkerChoice } from '../batch/work-locally.js';
import type { MaskChoice } from '../batch/masks-choice.js';

/** The flags of `ofx batch plan`, as the job wants them. */
export function planChoice(
  inputs: readonly string[],
  flags: {
    list?: string[] | undefined;
    model?: string | undefined;
    size?: number | undefined;
    threshold?: number | undefined;
    'mask-threshold'?: number | undefined;
    'min-area': number;
    tile: boolean;
    'max-pixels'?: number | undefined;
    threads: number;
    masks: MaskChoice;
    'shard-size': number;
  },
): PlanChoice {
  return {
    inputs,
    lists: flags.list ?? [],
    model: flags.model,
    size: flags.size,
    threshold: flags.threshold,
    maskThreshold: flags['mask-threshold'],
    minArea: flags['min-area'],
    tile: flags.tile,
    maxPixels: flags['max-pixels'],
    threads: flags.threads,
    masks: flags.masks,
    shardSize: flags['shard-size'],
  };
}

export function planResult(store: Store, { run, existed, duplicates, skipped }: PlannedInputs): BatchPlan {
  const { runKey, images } = run;
  return {
    run: store.place,
    runKey,
    images,
    shards: shardCount(run),
    duplicates,
    ...(skipped && { skipped }),
    existed,
  };
}

/** The flags of a worker, as the job wants them. */
export function workerChoice(flags: {
  processes?: number | undefined;
  'image-timeout': number;
  'worker-memory'?: number | undefined;
}): Pick<WorkerChoice, 'processes' | 'imageTimeoutMs' | 'workerMemory'> {
  const memory = flags['worker-memory'];
  return {
    processes: flags.processes,
    imageTimeoutMs: flags['image-timeout'] * 1000,
    workerMemory: memory === undefined ? undefined : memory * 2 ** 20,
  };
}
