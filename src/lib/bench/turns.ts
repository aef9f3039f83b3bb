import type { Plan } from './measure.js';
import type { Measurement } from './protocol.js';
import { joinMeasurements } from './summarise.js';
import { median, ratioOfPairs, type RatioInterval } from './statistics.js';

/** Runs one block of a measurement. */
export type MeasureBlock = (plan: Plan) => Promise<Measurement>;

export interface TurnsOptions {
  concurrency: number;
  cycle: number;
  /** When to stop: enough rounds (a block of each) and enough time, or the interval on one side of the limit. */
  minRounds: number;
  minMs: number;
  maxMs: number;
  /** The ratio that a gate asks about: measuring goes on until the interval does not hold it. */
  limit: number;
  now: () => number;
  onRound?: () => void;
}

export interface Turns {
  measurement: Measurement;
  reference: Measurement;
  /** Latency over the reference's. */
  ratio: RatioInterval;
}

/** Short enough that a disturbance of some seconds meets both models, long enough that switching costs little. */
const BLOCK_MS = 400;

/**
 * Measures two models in turns, a short block of each at a time. A disturbance meets both alike, so that the ratio of two
 * neighbouring blocks stays what it is while both times rise. The order changes each round (ABBA), which cancels drift.
 */
export async function measureInTurns(
  measureModel: MeasureBlock,
  measureReference: MeasureBlock,
  { concurrency, cycle, minRounds, minMs, maxMs, limit, now, onRound }: TurnsOptions,
): Promise<Turns> {
  const block = (runs: number, warmUp = { runs: 0, ms: 0 }): Plan => ({
    warmUp,
    until: { kind: 'runs', runs },
    concurrency,
    cycle,
  });
  const warmUp = block(Math.max(concurrency, cycle), { runs: 2, ms: 300 });
  const first = await measureModel(warmUp);
  const second = await measureReference(warmUp);
  // Whole passes over the photos, so that every block does the same work.
  const slower = Math.max(...[first, second].map(({ elapsedMs, runs }) => elapsedMs / runs.length));
  const passes = Math.max(1, Math.ceil(BLOCK_MS / (slower * cycle)));
  const plan = block(Math.max(concurrency, passes * cycle));

  const ours: Measurement[] = [];
  const theirs: Measurement[] = [];
  const began = now();
  let ratio: RatioInterval;
  let enough: boolean;
  do {
    if (ours.length % 2 === 0) {
      ours.push(await measureModel(plan));
      theirs.push(await measureReference(plan));
    } else {
      theirs.push(await measureReference(plan));
      ours.push(await measureModel(plan));
    }
    onRound?.();
    ratio = ratioOfPairs(
      ours.map((piece, index) => ({ value: typical(piece), reference: typical(theirs[index]!) })),
    );
    const decided = ratio.high <= limit || ratio.low > limit;
    const elapsed = now() - began;
    enough = elapsed >= maxMs || (ours.length >= minRounds && elapsed >= minMs && decided);
  } while (!enough);
  return { measurement: joinMeasurements(ours), reference: joinMeasurements(theirs), ratio };
}

function typical({ runs }: Measurement): number {
  return median(runs.map(({ total }) => total));
}
