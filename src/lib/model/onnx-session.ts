import { workerFile } from '../workers/worker-file.js';
import { WorkerPool } from '../workers/pool.js';
import { startThread } from '../workers/start.js';
import { disableTelemetry } from './telemetry.js';

export interface TensorShape {
  name: string;
  /** ONNX Runtime's name of the element type, e.g. "float32". */
  type: string;
  /** One entry a dimension; undefined where the file leaves it open. */
  dims: (number | undefined)[];
}

export interface OnnxDescription {
  inputs: TensorShape[];
  outputs: TensorShape[];
}

export interface OnnxRun {
  kind: 'run';
  input: string;
  dims: number[];
  data: Float32Array;
  outputs: string[];
  /** Send `data` back with the reply, to be used again. */
  giveBack?: boolean;
}

export type OnnxTask = { kind: 'describe' } | OnnxRun;

export type OnnxReply =
  | ({ kind: 'description' } & OnnxDescription)
  | { kind: 'outputs'; values: Float32Array[]; milliseconds: number; data?: Float32Array };

export interface OnnxWorkerData {
  file: string;
  threads: number;
}

export interface OnnxPoolOptions {
  /** Threads of one inference (ONNX Runtime's intra-op threads). */
  threads: number;
  /** Inferences at once; each has a session, and so a copy of the weights, of its own. */
  concurrency: number;
}

/** ONNX Runtime sessions of one file, each in a worker thread, so that the event loop stays free. */
export class OnnxPool {
  readonly #pool: WorkerPool<OnnxTask, OnnxReply>;

  constructor(file: string, { threads, concurrency }: OnnxPoolOptions) {
    disableTelemetry();
    this.#pool = new WorkerPool({
      start: startThread,
      file: workerFile('./onnx-worker.js', import.meta.url),
      workerData: { file, threads } satisfies OnnxWorkerData,
      size: concurrency,
    });
  }

  /** @throws {OfxError} ONNX_INVALID where ONNX Runtime cannot load the file */
  async describe(): Promise<OnnxDescription> {
    const reply = await this.#pool.run({ kind: 'describe' });
    if (reply.kind !== 'description') throw new TypeError(`Unexpected reply: ${reply.kind}`);
    return reply;
  }

  /**
   * One inference. An abort takes it out of the queue; once it runs, its outputs are dropped.
   *
   * @param lend - move `data` to the session and back instead of copying it: the result has it again, and what was given
   *   cannot be used. A copy would stay in the session's thread until V8 tidies up, dozens of images later.
   * @returns the named outputs, flat, and the milliseconds spent inside ONNX Runtime
   * @throws {OfxError} ONNX_INVALID; WORKER_LOST where its thread died; the signal's reason once it is aborted
   */
  async run(
    run: Omit<OnnxRun, 'kind' | 'giveBack'>,
    signal?: AbortSignal,
    { lend = false }: { lend?: boolean } = {},
  ): Promise<{ values: Float32Array[]; milliseconds: number; data?: Float32Array }> {
    const transfer = lend ? [run.data.buffer as ArrayBuffer] : [];
    const reply = await this.#pool.run({ kind: 'run', ...run, giveBack: lend }, { signal, transfer });
    if (reply.kind !== 'outputs') throw new TypeError(`Unexpected reply: ${reply.kind}`);
    return reply;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
