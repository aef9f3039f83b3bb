import { percent } from '../text/numbers.js';
import { formatBytes } from '../text/units.js';
import type { ConfigurationResult, Machine } from './result.js';
import { SETTLED_SPREAD } from './settle.js';

/** What the run was asked, as far as a warning's next step depends on it. */
export interface WarningContext {
  machine: Machine;
  threadsGiven: boolean;
  durationGiven: boolean;
  againstGiven: boolean;
}

/** Work of others that changes times noticeably. */
const NOISY_CORES = 0.15;
/** With so much of the machine idle, the work of others is out of the way. */
const ROOM_CORES = 0.5;
const THROTTLED = 0.02;
const OUTLIERS = 0.1;
const MANY_RUNS = 10;
/** Growth that a warm-up of arenas and heaps does not explain. */
const GROWTH = { share: 0.05, bytes: 32e6 };

/** What makes the numbers of a run less than they seem, each with the next step. */
export function benchWarnings(
  configurations: readonly ConfigurationResult[],
  context: WarningContext,
): string[] {
  return [
    noise(configurations, context),
    unsettled(configurations, context),
    fewRuns(configurations, context),
    throttled(configurations, context),
    crowded(configurations, context),
    outliers(configurations),
    growth(configurations, context),
  ].filter((warning) => warning !== undefined);
}

function noise(
  configurations: readonly ConfigurationResult[],
  { machine, againstGiven }: WarningContext,
): string | undefined {
  const disturbed = configurations.filter(
    ({ cpu }) => cpu.otherCoresUsed > NOISY_CORES && cpu.idleCores < ROOM_CORES,
  );
  if (disturbed.length === 0) return undefined;
  // The system counts in coarse ticks, which a short measurement shows.
  const most = Math.min(machine.cores, Math.max(...disturbed.map(({ cpu }) => cpu.otherCoresUsed)));
  return (
    `Other programs kept up to ${most.toFixed(1)} of ${machine.cores} cores busy: times are longer than on a quiet machine. ` +
    (againstGiven
      ? 'The ratio of --against holds all the same.'
      : 'Stop them, or compare two models by --against, which noise does not touch.')
  );
}

function unsettled(
  configurations: readonly ConfigurationResult[],
  { againstGiven }: WarningContext,
): string | undefined {
  const which = configurations.filter(({ settled }) => settled === false);
  if (which.length === 0 || againstGiven) return undefined;
  const spreads = which.flatMap(({ spread }) => spread ?? []);
  const apart =
    spreads.length > 0 ? `: the last windows lie ${roundedPercent(Math.max(...spreads))} apart` : '';
  return (
    `${listed(which)} did not settle within ${roundedPercent(SETTLED_SPREAD)}${apart}. ` +
    'Measure on a quieter machine, or longer with --duration 60s.'
  );
}

function fewRuns(
  configurations: readonly ConfigurationResult[],
  { durationGiven }: WarningContext,
): string | undefined {
  const which = configurations.filter(({ latencyMs }) => latencyMs.total.runs < MANY_RUNS);
  if (which.length === 0) return undefined;
  return (
    `${listed(which)} has fewer than ${MANY_RUNS} runs, too few for a p95. ` +
    (durationGiven ? 'Give a longer --duration.' : 'Ask for more with --runs 20.')
  );
}

function throttled(
  configurations: readonly ConfigurationResult[],
  { machine }: WarningContext,
): string | undefined {
  const shares = configurations.flatMap(({ cpu }) => cpu.throttledShare ?? []);
  const most = Math.max(0, ...shares);
  if (most < THROTTLED) return undefined;
  const quota = machine.quota === null ? 'the CPU quota' : `the CPU quota of ${machine.quota} processors`;
  return (
    `The container was stopped by ${quota} in ${roundedPercent(most)} of the periods, which shows in p95 and p99. ` +
    `Raise the quota, or use fewer threads (--threads ${Math.max(1, Math.floor(machine.quota ?? 1))}).`
  );
}

function crowded(
  configurations: readonly ConfigurationResult[],
  { machine, threadsGiven }: WarningContext,
): string | undefined {
  const which = configurations.filter(
    ({ threads, concurrency }) => threads * concurrency > machine.usableCores,
  );
  const worst = which.sort((a, b) => b.threads * b.concurrency - a.threads * a.concurrency)[0];
  if (!worst) return undefined;
  const { threads, concurrency } = worst;
  const wanted = `a concurrency of ${concurrency} with ${threads} ${threads === 1 ? 'thread' : 'threads'} each`;
  const cores = `${machine.usableCores} usable ${machine.usableCores === 1 ? 'core' : 'cores'}`;
  return (
    `${wanted} is more than the ${cores}: requests wait for each other. ` +
    (threadsGiven && threads > 1
      ? 'Lower --threads.'
      : 'Give the machine more cores, or judge latency at fewer concurrent requests.')
  );
}

function outliers(configurations: readonly ConfigurationResult[]): string | undefined {
  const which = configurations.filter(({ latencyMs: { total } }) => total.outliers > OUTLIERS * total.runs);
  if (which.length === 0) return undefined;
  const most = Math.max(...which.map(({ latencyMs: { total } }) => total.outliers / total.runs));
  return (
    `${listed(which)}: up to ${roundedPercent(most)} of the runs are outliers. ` +
    'Look at the runs in order ("samples" in --json, or the charts of --out) for what came between.'
  );
}

function growth(
  configurations: readonly ConfigurationResult[],
  { durationGiven }: WarningContext,
): string | undefined {
  const [worst] = configurations
    .filter(
      ({ memory: { growthBytes, steadyBytes } }) =>
        growthBytes > GROWTH.bytes && growthBytes > GROWTH.share * steadyBytes,
    )
    .sort((a, b) => b.memory.growthBytes - a.memory.growthBytes);
  if (!worst) return undefined;
  return (
    `Memory still grew by ${formatBytes(worst.memory.growthBytes)} in the second half of ${worst.latencyMs.total.runs} runs (${worst.id}). ` +
    (durationGiven
      ? 'If a run twice as long grows twice as much, it is a leak.'
      : 'A longer run (--duration 60s) tells a leak from a late warm-up.')
  );
}

function listed(configurations: readonly ConfigurationResult[]): string {
  const [first, ...others] = configurations.map(({ id }) => id);
  return others.length === 0 ? first! : `${first!} and ${others.length} more`;
}

/** Shares below a tenth with a decimal. */
function roundedPercent(share: number): string {
  return percent(share, share < 0.1 ? 1 : 0);
}
