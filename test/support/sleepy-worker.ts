import { threadId } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { OfxError } from '../../src/lib/core/errors.js';
import { answerTasks } from '../../src/lib/workers/tasks.js';

export interface SleepyTask {
  name: string;
  milliseconds?: number;
  then?: 'throw' | 'crash';
}

export interface SleepyReply {
  name: string;
  /** Process and thread that did it. */
  worker: string;
  pid: number;
}

/** Answers after a while, or not at all. */
answerTasks(async ({ name, milliseconds = 0, then }: SleepyTask): Promise<SleepyReply> => {
  await sleep(milliseconds);
  if (then === 'throw') throw new OfxError('IMAGE_DAMAGED', name);
  if (then === 'crash') process.exit(1);
  return { name, worker: `${process.pid}/${threadId}`, pid: process.pid };
});
