import { SettleWatch } from './settle.js';

/** When to stop measuring. */
export type Until =
  | { kind: 'settled'; minRuns: number; minMs: number; maxMs: number }
  | { kind: 'runs'; runs: number }
  | { kind: 'duration'; ms: number };

export interface Plan {
  /** Runs that are thrown away first: at least this many a lane and for at least this long. */
  warmUp: { runs: number; ms: number };
  until: Until;
  /** Requests in flight at any time. */
  concurrency: number;
  /** Runs after which the work repeats: the number of photos. */
  cycle: number;
}

/** The parts of the world that a test replaces. */
export interface MeasureHooks<Run> {
  /** Milliseconds from any start, never going back. */
  now: () => number;
  /** Called at the first and at the last moment that counts. */
  onStart?: () => void;
  onStop?: () => void;
  /** Called after every run that counts. */
  onRun?: (run: Run, atMs: number) => void;
}

export interface MeasuredRuns<Run> {
  runs: Run[];
  warmUpRuns: number;
  /** Length of the time in which the runs were finished. */
  elapsedMs: number;
  /** Undefined where the number of runs or the time was given. */
  settled: boolean | undefined;
  /** How far the last three windows lie apart; undefined where there were fewer. */
  spread: number | undefined;
}

/** Every image cycle longer than this would make a window longer than most measurements. */
const LONGEST_CYCLE = 12;

/**
 * Keeps `concurrency` requests in flight, warms up, then measures until the plan is fulfilled.
 *
 * The requests go on without a pause from the warm-up into the measurement, and those under way at the end are not
 * counted: a throughput of counted runs over elapsed time has then no idle lanes in it at either end.
 *
 * @param run - one request; gets the number of the request, from 0
 */
export async function measure<Run extends { total: number }>(
  run: (index: number) => Promise<Run>,
  plan: Plan,
  hooks: MeasureHooks<Run>,
): Promise<MeasuredRuns<Run>> {
  const { concurrency, warmUp, until } = plan;
  const began = hooks.now();
  const runs: Run[] = [];
  let index = 0;
  let warmUpRuns = 0;
  let startedAt = began;
  let stoppedAt: number | undefined;
  let watch: SettleWatch | undefined;

  const start = (now: number): void => {
    startedAt = now;
    watch = new SettleWatch(now, Math.min(plan.cycle, LONGEST_CYCLE));
    hooks.onStart?.();
  };
  const take = (result: Run): void => {
    if (stoppedAt !== undefined) return;
    const now = hooks.now();
    if (!watch) {
      warmUpRuns++;
      if (warmUpRuns >= warmUp.runs * concurrency && now - began >= warmUp.ms) start(now);
      return;
    }
    runs.push(result);
    watch.add(result.total, now);
    hooks.onRun?.(result, now - startedAt);
    if (isDone(until, runs.length, now - startedAt, watch)) {
      stoppedAt = now;
      hooks.onStop?.();
    }
  };
  const lane = async (): Promise<void> => {
    while (stoppedAt === undefined) take(await run(index++));
  };

  if (warmUp.runs === 0) start(began);
  await Promise.all(Array.from({ length: concurrency }, lane));
  return {
    runs,
    warmUpRuns,
    elapsedMs: (stoppedAt ?? startedAt) - startedAt,
    settled: until.kind === 'settled' ? watch?.settled : undefined,
    spread: watch?.spread,
  };
}

function isDone(until: Until, runs: number, elapsedMs: number, watch: SettleWatch): boolean {
  switch (until.kind) {
    case 'runs':
      return runs >= until.runs;
    case 'duration':
      return elapsedMs >= until.ms;
    case 'settled':
      return elapsedMs >= until.maxMs || (runs >= until.minRuns && elapsedMs >= until.minMs && watch.settled);
  }
}
