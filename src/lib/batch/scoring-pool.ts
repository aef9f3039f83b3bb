import { setTimeout as sleep } from 'node:timers/promises';
import { OfxError } from '../core/errors.js';
import type { ImageLimits } from '../image/decode/samples.js';
import type { ModelReference } from '../model/catalogue.js';
import { WorkerPool, TaskLost, type LossReason } from '../workers/pool.js';
import { startProcess } from '../workers/start.js';
import { workerFile } from '../workers/worker-file.js';
import { Unfit } from './failures.js';
import type { MaskChoice } from './masks-choice.js';
import type { FetchedImage, Scored, Scorer } from './scorer.js';

/** What a scoring process is started with. */
export interface ScoringWorkerData {
  model: ModelReference;
  size: number;
  threads: number;
  options: {
    scoreThreshold: number;
    maskThreshold: number;
    minArea: number;
    tile: boolean;
    limits: ImageLimits;
  };
  masks: MaskChoice;
}

export interface ScoringPoolOptions {
  processes: number;
  /** After so long an image's process is ended. */
  imageTimeoutMs: number;
  /** A process that takes more memory for an image is ended, in bytes. */
  workerMemory: number;
}

/** How often an image is tried, by what became of its process. An outsider may have killed it; a limit is met again. */
const ATTEMPTS: Record<LossReason, number> = { died: 3, overdue: 2, oversized: 2 };

/** A process is replaced by a fresh one after so many images, as decoders and allocators hoard. */
const RECYCLE_AFTER = 5000;

/** How often, and with which pauses, processes that cannot load are waited for before this machine gives up. */
const LOADS = { attempts: 5, pauseMs: 2000 } as const;

/**
 * Scores images in processes, by the same pipeline as `ofx predict`: an image that kills, hangs or bloats its process costs
 * that process and becomes an error of its own, and no other image notices.
 */
export class ScoringPool implements Scorer {
  readonly places: number;
  readonly #pool: WorkerPool<FetchedImage, Scored>;

  constructor(data: ScoringWorkerData, { processes, imageTimeoutMs, workerMemory }: ScoringPoolOptions) {
    this.places = processes;
    this.#pool = new WorkerPool({
      start: startProcess,
      file: workerFile('./scoring-worker.js', import.meta.url),
      workerData: data,
      size: processes,
      isSpent: ({ tasksDone, rss }) => tasksDone >= RECYCLE_AFTER || rss > workerMemory * SPENT_SHARE,
      longestTaskMs: imageTimeoutMs,
      mostRss: workerMemory,
      pauseMs: LOADS.pauseMs,
    });
  }

  get state(): { rss: number; restarts: { crashed: number; recycled: number } } {
    return this.#pool;
  }

  async score(image: FetchedImage, signal: AbortSignal): Promise<Scored> {
    const losses: Record<LossReason, number> = { died: 0, overdue: 0, oversized: 0 };
    for (let loads = 1; ;) {
      try {
        return await this.#pool.run(image, { signal });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (error instanceof TaskLost) {
          if (++losses[error.reason] >= ATTEMPTS[error.reason]) throw blamed(error);
        } else if (this.#pool.failure) {
          // No process can load. One that was killed while it loaded is no reason to give up; a model that is gone is.
          if (isHopeless(error) || ++loads > LOADS.attempts) throw new Unfit(error);
          await sleep(LOADS.pauseMs, undefined, { signal });
        } else throw error;
      }
    }
  }

  async close(): Promise<void> {
    await this.#pool.close(0);
  }
}

/** From this share of the limit on, a process has hoarded so much that the next large image would be blamed for it. */
const SPENT_SHARE = 0.7;

function isHopeless(error: unknown): boolean {
  return error instanceof OfxError && error.code !== 'WORKER_LOST';
}

/** The image's own code, by what it did to its processes. */
function blamed(lost: TaskLost): OfxError {
  switch (lost.reason) {
    case 'died':
      return new OfxError(
        'WORKER_LOST',
        `The process that looked at the image died, ${ATTEMPTS.died} times: ${(lost.cause as Error).message}`,
        { cause: lost },
      );
    case 'overdue':
      return new OfxError('IMAGE_TIMEOUT', 'The image took longer than --image-timeout, twice.', {
        cause: lost,
      });
    case 'oversized':
      return new OfxError('IMAGE_TOO_COSTLY', 'The image took more memory than --worker-memory, twice.', {
        cause: lost,
      });
  }
}
