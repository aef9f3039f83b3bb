import { fork, type ChildProcess } from 'node:child_process';
import { fromPlainError, OfxError, systemCode } from '../core/errors.js';
import type { Answer, Question, Reply } from './protocol.js';

/**
 * A fresh process that measures one configuration, so that the memory of one does not stain the next, and this process
 * never loads ONNX Runtime.
 */
export class MeasuringProcess {
  /** When it was started, on this process's clock. */
  readonly startedAt = performance.now();
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  /** Why there is no process. */
  #refusal: Error | undefined;
  #stderr = '';

  /**
   * @param file - its program, which speaks {@link Question} and {@link Reply}
   * @param signal - ends the process when it is aborted
   */
  constructor(
    file: string,
    private readonly signal?: AbortSignal,
  ) {
    signal?.throwIfAborted();
    this.#child = fork(file, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
    });
    this.#gone = new Promise((resolve) => {
      this.#child.once('exit', () => {
        resolve();
      });
      this.#child.on('error', (error) => {
        // No exit follows where the system gave no process.
        if (this.#child.pid !== undefined) return;
        this.#refusal = error;
        resolve();
      });
    });
    signal?.addEventListener('abort', this.#kill, { once: true });
  }

  /**
   * @param onProgress - called now and then while the process is at work
   * @throws {OfxError} what the process could not do; the signal's reason once it is aborted
   */
  ask<Q extends Question>(question: Q, onProgress?: () => void): Promise<Answer<Q['kind']>> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        this.#child.off('message', onMessage);
        act();
      };
      const onMessage = (reply: Reply): void => {
        if (reply.kind === 'progress') onProgress?.();
        else if (reply.kind === 'error')
          settle(() => {
            reject(fromPlainError(reply.error));
          });
        else
          settle(() => {
            resolve(reply.answer as Answer<Q['kind']>);
          });
      };
      this.#child.on('message', onMessage);
      void this.#gone.then(() => {
        settle(() => {
          reject(this.#endedEarly());
        });
      });
      // A process that just died tells so by its exit; one that never was may not even have a channel.
      if (this.#child.pid !== undefined) this.#child.send(question, () => undefined);
    });
  }

  /** Ends the process and waits until it is gone, so that it takes no time from the next one. */
  async close(): Promise<void> {
    this.signal?.removeEventListener('abort', this.#kill);
    this.#kill();
    await this.#gone;
  }

  /** Nothing in it is worth a tidy end: its results have been told. */
  readonly #kill = (): void => {
    // A process that never was has the number 0, by which the system would end all of our own group.
    if (this.#child.pid !== undefined) this.#child.kill('SIGKILL');
  };

  #endedEarly(): Error {
    if (this.signal?.aborted) return this.signal.reason as Error;
    if (this.#refusal) {
      const code = systemCode(this.#refusal) ?? 'unknown error';
      return new OfxError('IO_FAILED', `The measuring process cannot be started (${code}).`, {
        suggestion:
          'The system may be short of processes, files or memory: end other programs and try again.',
        cause: this.#refusal,
      });
    }
    const { exitCode, signalCode } = this.#child;
    if (signalCode === 'SIGKILL') {
      return new OfxError(
        'IO_FAILED',
        'The measuring process was killed, most likely because it ran out of memory.',
        {
          suggestion: 'Measure fewer concurrent requests (--concurrency 1), or a smaller size.',
        },
      );
    }
    return new Error(
      `The measuring process ended with ${signalCode ?? String(exitCode)}. ${this.#stderr.trim()}`,
    );
  }
}
