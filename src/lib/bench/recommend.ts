import type { ConfigurationResult, Recommendation } from './result.js';

/** Differences smaller than this are noise: the leaner configuration wins. */
const TIE = 0.05;

/**
 * For each network the way to run it that answers soonest, and the one that finishes most images. Sizes and precisions are
 * not weighed against each other, since they differ in what they find.
 */
export function recommend(configurations: readonly ConfigurationResult[]): Recommendation[] {
  const networks = new Map<string, ConfigurationResult[]>();
  for (const configuration of configurations) {
    const key = `${configuration.network.model} ${configuration.network.sha256}`;
    networks.set(key, [...(networks.get(key) ?? []), configuration]);
  }
  return [...networks.values()]
    .filter((ways) => ways.length > 1)
    .map((ways) => ({
      network: ways[0]!.network,
      latency: leanest(ways, ({ latencyMs }) => latencyMs.total.p50),
      throughput: leanest(ways, ({ throughputPerSecond }) => 1 / throughputPerSecond),
    }));
}

/** Of those within 5 % of the smallest cost the one with the fewest threads in all, then the least memory. */
function leanest(ways: readonly ConfigurationResult[], cost: (way: ConfigurationResult) => number): string {
  const best = Math.min(...ways.map(cost));
  const [chosen] = ways
    .filter((way) => cost(way) <= best * (1 + TIE))
    .sort(
      (a, b) =>
        a.threads * a.concurrency - b.threads * b.concurrency ||
        a.concurrency - b.concurrency ||
        a.memory.peakBytes - b.memory.peakBytes,
    );
  return chosen!.id;
}
