import { setTimeout as sleep } from 'node:timers/promises';
import { OfxError } from '../../core/errors.js';
import type { PredictResult } from '../../predict/result.js';
import { fetchImage } from '../outbound/fetch-image.js';
import { toProblem } from '../problem.js';
import type { Upload } from '../uploads.js';
import type { JobHost } from './host.js';
import { ENDED, toDocument, type Job, type JobError, type JobInput } from './job.js';
import type { JobMetrics } from './metrics.js';
import { MOST_STARTS, WEBHOOK_ATTEMPTS, type JobSettings } from './settings.js';
import { GivenBack, type JobHandlers, type JobStore } from './store.js';
import { sendWebhook } from './webhook.js';

/** How often an image is tried whose worker died: the worker may have been ended for another reason. */
const TRIES_OF_AN_IMAGE = 2;

/** Between two looks for a worker that has nothing to do, in milliseconds. */
const LOOK_MS = 20;

/** Works on jobs with the workers that requests leave idle, one image of a job after the other. */
export class JobRunner implements JobHandlers {
  /** Of the jobs that this process works on. */
  readonly #running = new Map<string, AbortController>();

  constructor(
    private readonly host: JobHost,
    private readonly store: JobStore,
    private readonly settings: JobSettings,
    private readonly metrics: JobMetrics,
  ) {}

  /** Gives up the work on a job that was cancelled, where it is this process that has it. */
  cancel(id: string): void {
    this.#running.get(id)?.abort(new GivenBack('cancelled'));
  }

  async work(id: string, stopping: AbortSignal): Promise<void> {
    if (stopping.aborted) throw new GivenBack('stopping');
    const cancelled = new AbortController();
    this.#running.set(id, cancelled);
    try {
      const job = await this.store.get(id);
      if (!job) return;
      if (ENDED.includes(job.state)) await this.#tell(job);
      else await this.#workOn(job, stopping, cancelled.signal);
    } finally {
      this.#running.delete(id);
    }
  }

  async #workOn(job: Job, stopping: AbortSignal, cancelled: AbortSignal): Promise<void> {
    const { id } = job;
    if (job.starts >= MOST_STARTS) {
      const message = `The work was begun ${MOST_STARTS} times, and never finished.`;
      await this.#end(job, 'failed', { code: 'WORKER_LOST', message });
      return;
    }
    if (!(await this.store.begin(id))) return;
    for (let index = job.results.length; index < job.inputs.length; index++) {
      if (stopping.aborted) throw new GivenBack('stopping');
      let result: PredictResult;
      try {
        result = await this.#resultOf(job, index, stopping, cancelled);
      } catch (error) {
        if (cancelled.aborted) return;
        // The workers were ended with the server.
        if (this.host.isStopping() || error instanceof GivenBack) throw new GivenBack('stopping');
        this.host.log.error({ job: id, err: error }, 'A job cannot be worked on.');
        await this.#end(job, 'failed', plain(error, id));
        return;
      }
      if (!(await this.store.addResult(id, index, result))) return;
    }
    await this.#end(job, 'completed');
  }

  async #end(job: Job, state: 'completed' | 'failed', error?: JobError): Promise<void> {
    if (!(await this.store.end(job.id, state, error))) return;
    this.metrics.ended(state);
    this.host.log.info(
      { job: job.id, state, images: job.inputs.length, code: error?.code },
      'A job has ended.',
    );
    await this.#tell(job);
  }

  /** @throws what makes all further work on the job useless */
  async #resultOf(
    job: Job,
    index: number,
    stopping: AbortSignal,
    cancelled: AbortSignal,
  ): Promise<PredictResult> {
    const input = job.inputs[index]!;
    for (let left = TRIES_OF_AN_IMAGE; ; left--) {
      try {
        const upload = await this.#load(job.id, index, input, AbortSignal.any([stopping, cancelled]));
        return await this.#analyse(job, upload, stopping, cancelled);
      } catch (error) {
        if (stopping.aborted || cancelled.aborted) throw error;
        if (!(error instanceof OfxError) || error.scope === 'run') throw error;
        if (error.code === 'OVERLOADED') left++;
        else if (error.code !== 'WORKER_LOST' || left === 1) {
          this.host.metrics.failed(error.code);
          return { image: input.name, error: plain(error, job.id) };
        }
      }
    }
  }

  async #load(id: string, index: number, input: JobInput, signal: AbortSignal): Promise<Upload> {
    const { limits, uploadMs } = this.host.options;
    if ('url' in input) {
      const { imageHosts } = this.settings;
      const within = { maxBytes: limits.maxBytes, timeoutMs: uploadMs };
      try {
        return { name: input.name, bytes: await fetchImage(input.url, imageHosts, within, signal) };
      } catch (error) {
        if (signal.aborted) throw new GivenBack('stopping');
        throw error;
      }
    }
    const bytes = await this.store.image(id, index);
    if (!bytes) throw new Error('The image of a job is gone.');
    return { name: input.name, bytes };
  }

  async #analyse(
    { question }: Job,
    upload: Upload,
    stopping: AbortSignal,
    cancelled: AbortSignal,
  ): Promise<PredictResult> {
    await this.#idleWorker(AbortSignal.any([stopping, cancelled]));
    const { options } = this.host;
    const late = AbortSignal.timeout(options.deadlineMs);
    try {
      return await this.host.analyse(upload, question, AbortSignal.any([cancelled, late]));
    } catch (error) {
      if (!late.aborted || cancelled.aborted) throw error;
      throw new OfxError('DEADLINE_EXCEEDED', `There was no result within ${options.deadlineMs / 1000} s.`);
    }
  }

  /** Requests come first: somebody waits for them. */
  async #idleWorker(signal: AbortSignal): Promise<void> {
    for (;;) {
      if (signal.aborted) throw new GivenBack('stopping');
      if (this.host.hasIdleWorker()) return;
      await sleep(LOOK_MS);
    }
  }

  async #tell({ id, webhook, notification }: Job): Promise<void> {
    if (webhook === undefined || (notification && notification.state !== 'pending')) return;
    await this.store.notifyLater(id);
  }

  async notify(id: string): Promise<void> {
    const job = await this.store.get(id);
    if (job?.webhook === undefined || job.notification?.state === 'delivered') return;
    const attempts = (job.notification?.attempts ?? 0) + 1;
    const { webhookKeys, webhookHosts } = this.settings;
    const body = JSON.stringify({ type: `job.${job.state}`, timestamp: job.endedAt, data: toDocument(job) });
    try {
      await sendWebhook(job.webhook, id, body, webhookKeys, webhookHosts);
    } catch (error) {
      const { message } = plain(error, id);
      const isLast = attempts >= WEBHOOK_ATTEMPTS;
      await this.store.setNotification(id, {
        state: isLast ? 'failed' : 'pending',
        attempts,
        error: message,
      });
      this.metrics.told('failed');
      this.host.log.warn({ job: id, attempt: attempts, reason: message }, 'A webhook was not told.');
      throw error;
    }
    this.metrics.told('delivered');
    await this.store.setNotification(id, { state: 'delivered', attempts });
  }
}

/** As strangers may read it. */
function plain(error: unknown, id: string): JobError {
  const known = error instanceof OfxError ? error : new OfxError('INTERNAL', String(error), { cause: error });
  const { code, detail } = toProblem(known, id);
  return { code, message: detail };
}
