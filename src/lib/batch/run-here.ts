import { collect } from './collect.js';
import { planInputs, type PlanChoice, type PlannedInputs } from './plan-inputs.js';
import type { ResultFormat } from './result-formats.js';
import type { BatchCollect } from './result.js';
import { MissingShards, missingShards } from './shards.js';
import type { Store } from './store/store.js';
import type { WorkEvents } from './work.js';
import { workLocally, type WorkerChoice } from './work-locally.js';

export interface RunHereEvents extends WorkEvents {
  onNote?: (note: string) => void;
  /** @param toDo - images of shards that have no part yet */
  onPlanned?: (planned: PlannedInputs, toDo: number) => void;
}

/** Plans a run, scores all of it on this machine and collects it. What is done of it already is not done again. */
export async function runHere(
  store: Store,
  choice: PlanChoice,
  worker: WorkerChoice,
  format: ResultFormat,
  events: RunHereEvents,
  signal: AbortSignal,
): Promise<BatchCollect> {
  const planned = await planInputs(store, choice, events, signal);
  const { run } = planned;
  const missing = await missingShards(store, run, signal);
  events.onPlanned?.(planned, Math.min(run.images, missing.length * run.shardSize));
  if (missing.length > 0)
    await workLocally(store, run, new MissingShards(store, run), worker, events, signal);
  return collect({ store, run, format }, undefined, signal);
}
