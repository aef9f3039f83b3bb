import type { Writable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';
import type { WorkerEnd } from '../workers/pool.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export interface LogOptions {
  level: (typeof LOG_LEVELS)[number];
  stream: Writable;
}

export type Log = FastifyBaseLogger;

/** JSON lines: of the server's life, and one a request. */
export function createLog({ level, stream }: LogOptions): Log {
  return pino({ level }, stream);
}

/** A worker that is no more, with the reason; `ready` of `wanted` are left. */
export function logWorkerEnd(log: Log, end: WorkerEnd, ready: number, wanted: number): void {
  const left = { ready, wanted };
  switch (end.kind) {
    case 'recycled':
      log.info({ ...left, images: end.tasksDone }, 'A worker has done its share and is replaced.');
      return;
    case 'crashed':
      log.error(
        { ...left, code: 'WORKER_LOST', hadImage: end.hadTask },
        `A worker died${end.hadTask ? ' of an image' : ''}: ${end.reason}. Another is started.`,
      );
      return;
    case 'unusable':
      log.error(
        { ...left, code: end.error.code, retryMs: end.retryMs, err: end.error },
        `A worker cannot be used: ${end.error.message} The next try comes in ${end.retryMs / 1000} s.`,
      );
  }
}
