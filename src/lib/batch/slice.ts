import { OfxError } from '../core/errors.js';
import type { Slice } from './shards.js';

/** Variables in which schedulers say which task of an array this is, and of how many. */
const SCHEDULERS = [
  // Slurm numbers from --array's first number on, by its step.
  {
    index: 'SLURM_ARRAY_TASK_ID',
    first: 'SLURM_ARRAY_TASK_MIN',
    step: 'SLURM_ARRAY_TASK_STEP',
    count: 'SLURM_ARRAY_TASK_COUNT',
  },
  { index: 'AWS_BATCH_JOB_ARRAY_INDEX', count: 'AWS_BATCH_JOB_ARRAY_SIZE' },
  // Kubernetes tells an Indexed Job's pods their index only.
  { index: 'JOB_COMPLETION_INDEX' },
] as const;

/**
 * Which shards are a worker's own: "I/N" with I from 0 to N - 1, or "auto" and "auto/N" for what the scheduler says of this
 * task (Slurm, AWS Batch; Kubernetes, where N has to be given).
 *
 * @throws {OfxError} USAGE
 */
export function parseSlice(text: string, environment: NodeJS.ProcessEnv): Slice {
  const [, index, count] = /^(auto|\d+)(?:\/(\d+))?$/.exec(text) ?? [];
  if (index === undefined || (index !== 'auto' && count === undefined)) {
    throw invalid(`--slice takes I/N, auto or auto/N, not "${text}".`);
  }
  const slice =
    index === 'auto' ? ofScheduler(environment, count) : { index: Number(index), count: Number(count) };
  if (slice.index >= slice.count) {
    throw invalid(
      `There is no slice ${slice.index} of ${slice.count}: the first is 0, the last ${slice.count - 1}.`,
    );
  }
  return slice;
}

function ofScheduler(environment: NodeJS.ProcessEnv, count: string | undefined): Slice {
  for (const names of SCHEDULERS) {
    const id = number(environment, names.index);
    if (id === undefined) continue;
    const first = ('first' in names ? number(environment, names.first) : undefined) ?? 0;
    const step = ('step' in names ? number(environment, names.step) : undefined) ?? 1;
    const told = 'count' in names ? number(environment, names.count) : undefined;
    const all = count === undefined ? told : Number(count);
    if (all === undefined) throw invalid(`${names.index} is set, but not of how many: give --slice auto/N.`);
    return { index: (id - first) / step, count: all };
  }
  const known = SCHEDULERS.map(({ index }) => index).join(', ');
  throw invalid(`--slice auto finds none of the variables ${known}.`);
}

function number(environment: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = environment[name];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function invalid(message: string): OfxError {
  return new OfxError('USAGE', message, {
    suggestion: 'For example: --slice 0/64, or in an array job --slice auto',
  });
}
