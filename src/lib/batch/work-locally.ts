import { usableCpus } from '../core/cpu.js';
import { memoryForEach } from '../core/memory.js';
import { OFX_BUILD, OFX_VERSION } from '../core/version.js';
import { findModel, type ModelReference } from '../model/catalogue.js';
import { FolderFetcher, type Fetcher } from './fetch.js';
import { sampleImages } from './manifest.js';
import { describeNetwork } from './network.js';
import { checkRun, type RunFile } from './run.js';
import { S3Fetcher } from './s3-images.js';
import { ScoringPool } from './scoring-pool.js';
import type { Row } from './row.js';
import type { ShardOutcome, ShardSource } from './shards.js';
import { isS3 } from './store/s3.js';
import type { Store } from './store/store.js';
import type { WorkerMetrics } from './worker-metrics.js';
import { work, type WorkDone, type WorkEvents } from './work.js';

/** What a worker is told beside its run; settings of the run that are named again have to be the same. */
export interface WorkerChoice {
  /** Of the run, found by its name or place where they are left out. */
  model?: string | undefined;
  size?: number | undefined;
  threshold?: number | undefined;
  maskThreshold?: number | undefined;
  threads?: number | undefined;
  /** Where relative paths of images start on this machine. */
  base?: string | undefined;
  processes?: number | undefined;
  imageTimeoutMs: number;
  /** Bytes; without, what a process may take for all of them to stay within a container's limit. */
  workerMemory?: number | undefined;
}

/**
 * Scores shards of a run in processes of this machine.
 *
 * @throws {OfxError} USAGE where this worker would score otherwise than the run says; as `work`
 */
export async function workLocally(
  store: Store,
  run: RunFile,
  source: ShardSource,
  choice: WorkerChoice,
  events: WorkEvents,
  signal: AbortSignal,
  metrics?: WorkerMetrics,
): Promise<WorkDone> {
  const model = await findModel(choice.model ?? run.model.reference);
  await checkWorker(store, run, model, choice);
  const processes = choice.processes ?? Math.max(1, Math.floor(usableCpus() / run.threads));
  const scorer = new ScoringPool(
    {
      model,
      size: run.model.inputSize,
      threads: run.threads,
      options: {
        scoreThreshold: run.thresholds.score,
        maskThreshold: run.thresholds.mask,
        minArea: run.minArea,
        tile: run.tile,
        limits: run.limits,
      },
      masks: run.masks,
    },
    {
      processes,
      imageTimeoutMs: choice.imageTimeoutMs,
      workerMemory: choice.workerMemory ?? memoryForEach(processes, MOST_MEMORY),
    },
  );
  metrics?.watch(scorer);
  const onImage = (row: Row): void => {
    metrics?.onImage(row);
    events.onImage?.(row);
  };
  const onShard = (shard: number, outcome: ShardOutcome): void => {
    metrics?.onShard(shard, outcome);
    events.onShard?.(shard, outcome);
  };
  try {
    const fetcher = imagesOf(store, run, choice.base ?? run.base);
    return await work(
      {
        store,
        run,
        source,
        fetcher,
        scorer,
        shardsAtOnce: shardsAtOnce(processes),
        imageTimeoutMs: choice.imageTimeoutMs,
      },
      { onImage, onShard },
      signal,
    );
  } finally {
    await scorer.close();
  }
}

/** Of a process, in bytes. */
const MOST_MEMORY = 4096 * 2 ** 20;

/** Keys say themselves where their images are. */
function imagesOf(store: Store, run: RunFile, base: string): Fetcher {
  const of = (isObject: boolean) => async () =>
    (await sampleImages(store, run)).filter(({ key, error }) => !error && isS3(key) === isObject);
  const files = new FolderFetcher(run, base, of(false));
  const objects = new S3Fetcher(run.limits.maxBytes, undefined, of(true));
  return {
    fetch: async (entry, signal) => (isS3(entry.key) ? objects.fetch(entry, signal) : files.fetch(entry)),
  };
}

/** At a shard's end processes wait for the last image: with many of them, another shard has to be under way. */
function shardsAtOnce(processes: number): number {
  return processes <= 2 ? 1 : Math.ceil(processes / 8) + 1;
}

async function checkWorker(
  store: Store,
  run: RunFile,
  model: ModelReference,
  { size, threshold, maskThreshold, threads }: WorkerChoice,
): Promise<void> {
  const { identity, thresholds, evidence } = await describeNetwork(model, size ?? run.model.inputSize, {
    tile: run.tile,
  });
  await checkRun(store, run, {
    ...run,
    ofx: OFX_VERSION,
    build: OFX_BUILD,
    model: { reference: run.model.reference, ...identity },
    evidence,
    thresholds: {
      score: threshold ?? run.thresholds.score,
      mask: maskThreshold ?? run.thresholds.mask,
      temperature: thresholds.temperature,
    },
    threads: threads ?? run.threads,
  });
}
