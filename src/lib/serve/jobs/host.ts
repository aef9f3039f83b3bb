import type { Registry } from 'prom-client';
import type { ErrorCode } from '../../core/errors.js';
import type { Prediction } from '../../predict/result.js';
import type { Log } from '../log.js';
import type { ServeOptions } from '../options.js';
import type { Upload } from '../uploads.js';
import type { JobQuestion } from './job.js';

/** What jobs use of the service that they are part of. */
export interface JobHost {
  options: ServeOptions;
  log: Log;
  metrics: { registry: Registry; failed: (code: ErrorCode) => void };
  /** Set once no new work is taken. */
  isStopping: () => boolean;
  /** Whether a worker has nothing to do, and nobody waits for one. */
  hasIdleWorker: () => boolean;
  /** One image, as a request would have it. @throws {OfxError} */
  analyse: (upload: Upload, question: JobQuestion, signal: AbortSignal) => Promise<Prediction>;
}
