import { access } from 'node:fs/promises';
import { OfxError } from '../../src/lib/core/errors.js';
import { answerTasks, workerData } from '../../src/lib/workers/tasks.js';

export interface EchoData {
  text: string;
  /** A file without which it cannot load. */
  needs?: string;
}

/** Answers every task with what it was given to start with. */
const data = (await workerData()) as EchoData;

answerTasks(() => Promise.resolve(data), load(data));

async function load({ needs }: EchoData): Promise<void> {
  if (needs === undefined) return;
  await access(needs).catch(() => {
    throw new OfxError('INPUT_MISSING', 'not there');
  });
}
