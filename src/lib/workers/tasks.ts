import { once } from 'node:events';
import { parentPort, workerData as threadData, type Transferable } from 'node:worker_threads';
import { toPlainError, type PlainError } from '../core/errors.js';

/** What a worker of a `WorkerPool` tells the pool. */
export type WorkerMessage =
  | { kind: 'ready' }
  | { kind: 'unusable'; error: PlainError }
  | { kind: 'reply'; reply: unknown; rss: number }
  | { kind: 'error'; error: PlainError; rss: number };

/** What the pool gave this worker, thread or process, to start with; to be asked for before the first task. */
export async function workerData(): Promise<unknown> {
  if (parentPort) return threadData;
  const [data] = (await once(process, 'message')) as [unknown];
  return data;
}

/**
 * The other side of a `WorkerPool`: answers the tasks that the pool sends to this worker, one after the other.
 *
 * @param loaded - settles once a task given to this worker would start at once; where it fails, the worker gets no task
 *   and the pool ends it
 * @param moved - buffers of a reply that move to the pool instead of being copied, where it shares our memory
 */
export function answerTasks<Reply>(
  handle: (task: never) => Promise<Reply>,
  loaded: Promise<unknown> = Promise.resolve(),
  moved: (reply: Reply) => readonly Transferable[] = () => [],
): void {
  const { tell, onTask } = parentPort ? threadChannel(parentPort) : processChannel();
  onTask((task) => {
    void handle(task as never).then(
      (reply) => {
        tell({ kind: 'reply', reply, rss: process.memoryUsage.rss() }, moved(reply));
      },
      (error: unknown) => {
        tell({ kind: 'error', error: toPlainError(error), rss: process.memoryUsage.rss() });
      },
    );
  });
  loaded.then(
    () => {
      tell({ kind: 'ready' });
    },
    (error: unknown) => {
      tell({ kind: 'unusable', error: toPlainError(error) });
    },
  );
}

interface Channel {
  tell: (message: WorkerMessage, transfer?: readonly Transferable[]) => void;
  onTask: (listener: (task: unknown) => void) => void;
}

function threadChannel(port: NonNullable<typeof parentPort>): Channel {
  return {
    tell: (message, transfer = []) => {
      port.postMessage(message, [...transfer]);
    },
    onTask: (listener) => port.on('message', listener),
  };
}

function processChannel(): Channel {
  // A terminal and a service manager signal the whole group. When to end is for the pool to say: it kills us, or goes.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  // Not by `exit`, which would pull a thread out of native code, and fail on it.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  return {
    tell: (message) => process.send?.(message),
    onTask: (listener) => process.on('message', listener),
  };
}
