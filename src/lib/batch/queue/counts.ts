import type { BatchStatus } from '../result.js';
import type { RunFile } from '../run.js';
import { connectQueue, type QueueServer } from './connect.js';

/**
 * Opens the queue of a run to count what it has.
 *
 * @throws {OfxError} as `connectQueue`
 */
export async function openCounts(
  url: string,
  run: RunFile,
): Promise<Pick<QueueServer, 'close'> & { counts: () => Promise<BatchStatus['queue']> }> {
  const server = await connectQueue(url, run);
  return {
    close: server.close,
    counts: async () => {
      const {
        waiting = 0,
        active = 0,
        delayed = 0,
        failed = 0,
      } = await server.queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
      return { waiting, active, delayed, failed };
    },
  };
}
