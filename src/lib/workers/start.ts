import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Worker, type Transferable } from 'node:worker_threads';
import type { WorkerMessage } from './tasks.js';

/** A worker as its pool sees it: a thread or a process. */
export interface PoolWorker {
  /** @param transfer - buffers that move instead of being copied, where the worker shares our memory */
  post: (task: unknown, transfer: readonly Transferable[]) => void;
  onMessage: (listener: (message: WorkerMessage) => void) => void;
  /** @param listener - told what ended the worker, where that is known */
  onExit: (listener: (cause: unknown) => void) => void;
  /** Resident memory of a process now, in bytes; undefined for threads, and where the system does not tell. */
  rss: () => number | undefined;
  /** Ends the worker, whatever it does. */
  kill: () => void;
  /** It may be killed at any time; a thread in native code may not, see `WorkerPool`. */
  killable: boolean;
}

/** What a pool's workers are: threads are light, processes can be killed and can crash without taking us along. */
export type StartWorker = (file: string, data: unknown) => PoolWorker;

/** @param data - what `workerData()` gives in the thread */
export const startThread: StartWorker = (file, data) => {
  const thread = threadOf(file, data);
  let cause: unknown;
  thread.on('error', (error) => {
    cause = error;
  });
  return {
    post: (task, transfer) => {
      thread.postMessage(task, [...transfer]);
    },
    onMessage: (listener) => thread.on('message', listener),
    onExit: (listener) => {
      thread.on('exit', () => {
        listener(cause);
      });
    },
    rss: () => undefined,
    kill: () => void thread.terminate(),
    killable: false,
  };
};

function threadOf(file: string, workerData: unknown): Worker {
  if (!file.endsWith('.ts')) return new Worker(file, { workerData });
  // Node 20 does not pass the hooks that read TypeScript on to threads, so the thread asks for them itself.
  const entry = pathToFileURL(file).href;
  const source = `import('tsx/esm/api').then(({ register }) => { register(); return import('${entry}'); })`;
  return new Worker(source, { eval: true, workerData });
}

/** @param data - plain data; what `workerData()` gives in the process, which has to ask for it if there is any */
export const startProcess: StartWorker = (file, data) => {
  let child: ChildProcess;
  try {
    child = fork(file, {
      serialization: 'advanced',
      // Standard output belongs to the command's result.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // By default glibc keeps freed memory in eight arenas a processor, and decoders use many threads: a worker grew by
      // tens of megabytes over thousands of images.
      env: { MALLOC_ARENA_MAX: '2', ...process.env },
    });
  } catch (error) {
    return unstarted(Promise.resolve(error));
  }
  // Some of what the system refuses (ENOENT, EAGAIN, EMFILE) is told by an event, and no `exit` follows it.
  if (child.pid === undefined) return unstarted(once(child, 'error').then(([error]) => error as unknown));
  let cause: unknown;
  child.on('error', (error) => {
    cause = error;
  });
  const post = (message: unknown): void => {
    // A process that just died tells so by its exit.
    child.send(message as object, () => undefined);
  };
  // Not as an argument: the system limits those, and the manifest of a model may be longer.
  if (data !== undefined) post(data);
  return {
    post,
    onMessage: (listener) => child.on('message', listener as (message: unknown) => void),
    onExit: (listener) => {
      child.on('exit', (code, signal) => {
        listener(cause ?? new Error(`the process ended by ${signal ?? `exit status ${code}`}`));
      });
    },
    rss: () => residentMemory(child.pid),
    kill: () => {
      // A process that never was has the number 0, by which the system would end all of our own group.
      if (child.pid !== undefined) child.kill('SIGKILL');
    },
    killable: true,
  };
};

/** A process that the system did not give us: all that it does is to end. */
function unstarted(cause: Promise<unknown>): PoolWorker {
  return {
    post: () => undefined,
    onMessage: () => undefined,
    onExit: (listener) => void cause.then(listener),
    rss: () => undefined,
    kill: () => undefined,
    killable: true,
  };
}

function residentMemory(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
