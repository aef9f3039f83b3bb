import type { PredictResult } from '../../predict/result.js';
import type { Job, JobError, JobOrder, JobState, Notification } from './job.js';

/** Work that a store hands out. */
export interface JobHandlers {
  /**
   * Works on a job until it has ended, or until the signal is aborted: then it is given back by throwing {@link GivenBack}.
   */
  work: (id: string, signal: AbortSignal) => Promise<void>;
  /** Tells a job's webhook once; what it throws leads to another attempt. */
  notify: (id: string) => Promise<void>;
}

/** Thrown for a job that somebody else shall go on with. */
export class GivenBack extends Error {
  override readonly name = 'GivenBack';
}

export interface JobCounts {
  queued: number;
  running: number;
}

/** Where jobs are kept and handed out: in this process, or in a Redis that several servers share. */
export interface JobStore {
  /**
   * Takes a job in, to be worked on.
   *
   * @param images - of the inputs that were sent along, by their place
   * @throws {OfxError} OVERLOADED where it has no room; QUEUE_UNAVAILABLE
   */
  add: (order: JobOrder, images: ReadonlyMap<number, Uint8Array>) => Promise<Job>;
  get: (id: string) => Promise<Job | undefined>;
  image: (id: string, index: number) => Promise<Uint8Array | undefined>;
  /** The work begins, perhaps again. @returns false where it has ended */
  begin: (id: string) => Promise<boolean>;
  /** @returns false where the job has ended meanwhile */
  addResult: (id: string, index: number, result: PredictResult) => Promise<boolean>;
  /** Lets go of its images. @returns false where it had ended before */
  end: (id: string, state: JobState, error?: JobError) => Promise<boolean>;
  /** Forgets a job. */
  remove: (id: string) => Promise<void>;
  setNotification: (id: string, notification: Notification) => Promise<void>;
  /** Has the webhook told, now and again where that fails. */
  notifyLater: (id: string) => Promise<void>;
  counts: () => Promise<JobCounts>;
  /** Begins to hand out, so many jobs at once. */
  start: (handlers: JobHandlers, atOnce: number) => void;
  /** Hands out no more, and waits for those who work. @returns jobs that are lost by it */
  close: () => Promise<number>;
}
