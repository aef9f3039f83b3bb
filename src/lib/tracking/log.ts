import path from 'node:path';
import { OfxError } from '../core/errors.js';
import type { RunSummary } from '../run/summary.js';

export const TRACKERS = ['mlflow', 'tensorboard'] as const;

/** Where a run is logged to, besides its folder. */
export interface Tracker {
  kind: (typeof TRACKERS)[number];
  /** Address of a server, or a log folder; undefined for the usual one. */
  place?: string | undefined;
}

/**
 * Reads `--log mlflow`, `--log mlflow=http://host:5000`, `--log tensorboard=FOLDER`.
 *
 * @throws {OfxError} USAGE, also for a server's address that is none: before an hour of work
 */
export async function parseTracker(text: string): Promise<Tracker> {
  const [, name, place] = /^([^=]*)(?:=(.*))?$/s.exec(text)!;
  const kind = TRACKERS.find((each) => each === name!.toLowerCase());
  if (!kind || place === '')
    throw new OfxError('USAGE', `--log takes ${TRACKERS.join(' or ')}, not "${text}".`, {
      suggestion: 'With a place of your own: --log mlflow=http://HOST:5000, --log tensorboard=FOLDER.',
    });
  if (kind === 'mlflow') (await import('./mlflow.js')).mlflowServer(place);
  return { kind, place };
}

/**
 * Logs a finished run to a tracker.
 *
 * @returns where it is to be seen
 * @throws {OfxError} TRACKING_FAILED that says how to send it later, OUTPUT_UNWRITABLE, IO_FAILED
 */
export async function logRun(
  folder: string,
  summary: RunSummary,
  { kind, place }: Tracker,
  signal?: AbortSignal,
): Promise<string> {
  if (kind === 'tensorboard') {
    const { logToTensorboard } = await import('./tensorboard.js');
    const file = await logToTensorboard(folder, summary, place);
    return path.relative('', path.dirname(file)) || '.';
  }
  const { logToMlflow, mlflowServer } = await import('./mlflow.js');
  try {
    return await logToMlflow(folder, summary, mlflowServer(place), signal);
  } catch (error) {
    if (!(error instanceof OfxError) || error.code !== 'TRACKING_FAILED') throw error;
    const run = path.relative('', folder) || '.';
    throw new OfxError('TRACKING_FAILED', error.message, {
      suggestion: `The run in ${run} is whole. Send it later: ofx history ${run} --log ${kind}${place === undefined ? '' : `=${withoutPassword(place)}`}`,
      cause: error,
    });
  }
}

function withoutPassword(place: string): string {
  return place.replace(/(?<=\/\/)[^/@]*@/, '');
}
