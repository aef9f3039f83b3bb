import { intervalText } from '../text/numbers.js';
import { OfxError } from '../core/errors.js';
import type { Gate } from '../gates/gate.js';
import { formatChange } from '../text/units.js';
import type { LatencyComparison, ConfigurationResult } from './result.js';
import { ratioOfMedians } from './statistics.js';

/**
 * Reads `10%` (or `0.1`) as a share.
 *
 * @throws {OfxError} USAGE
 */
export function parseShare(text: string): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)\s*(%?)$/.exec(text.trim());
  if (!match) {
    throw new OfxError('USAGE', `"${text}" is not a valid share.`, {
      suggestion: 'Write --max-regression 10%.',
    });
  }
  return Number(match[1]) / (match[2] === '%' ? 100 : 1);
}

/** The configuration of an earlier result that measured the same thing; the network itself may have changed. */
export function counterpart(
  configuration: ConfigurationResult,
  earlier: readonly ConfigurationResult[],
): ConfigurationResult | undefined {
  const candidates = earlier.filter(
    ({ network, threads, concurrency }) =>
      network.inputSize === configuration.network.inputSize &&
      network.precision === configuration.network.precision &&
      threads === configuration.threads &&
      concurrency === configuration.concurrency,
  );
  // A model that was renamed is still the one to compare with, as long as there is no choice.
  const models = new Set(earlier.map(({ network }) => network.name));
  return (
    candidates.find(({ network }) => network.name === configuration.network.name) ??
    (models.size === 1 ? candidates[0] : undefined)
  );
}

/** Compares with an earlier run: two independent series of runs. */
export function compareWithBaseline(
  configuration: ConfigurationResult,
  earlier: ConfigurationResult,
): LatencyComparison {
  return {
    id: configuration.id,
    reference: earlier.id,
    latency: ratioOfMedians(configuration.samples.total, earlier.samples.total),
    peakMemory: configuration.memory.peakBytes / earlier.memory.peakBytes,
    throughput: configuration.throughputPerSecond / earlier.throughputPerSecond,
  };
}

/**
 * Holds comparisons against the largest regression that is allowed. Latency fails where its whole 95 % interval is beyond
 * the limit: a difference that noise explains does not. Memory and throughput have one value each.
 *
 * @param maxRegression - a share: 0.1 allows 10 % more time and memory, and 1 / 1.1 of the throughput
 */
export function regressionGates(
  comparisons: readonly LatencyComparison[],
  maxRegression: number,
  { throughput }: { throughput: boolean },
): Gate[] {
  const limit = 1 + maxRegression;
  const percent = `${Number((maxRegression * 100).toFixed(2))}%`;
  return comparisons.flatMap(({ id, latency, ...ratios }) => {
    const subject = id;
    const gates: Gate[] = [
      {
        name: `latency regression<=${percent}`,
        subject,
        passed: latency.low <= limit,
        detail: `median latency ${formatChange(latency.value)} (95 % interval ${intervalText(latency, formatChange)})`,
      },
      {
        name: `rss regression<=${percent}`,
        subject,
        passed: ratios.peakMemory <= limit,
        detail: `peak memory ${formatChange(ratios.peakMemory)}`,
      },
    ];
    if (throughput) {
      gates.push({
        name: `throughput regression<=${percent}`,
        subject,
        passed: ratios.throughput >= 1 / limit,
        detail: `throughput ${formatChange(ratios.throughput)}`,
      });
    }
    return gates;
  });
}

/** Whether noise leaves open on which side of the limit a ratio lies. */
export function isUndecided({ latency }: LatencyComparison, maxRegression: number): boolean {
  return latency.low <= 1 + maxRegression && latency.high > 1 + maxRegression;
}
