import type { Profile } from './result.js';

/** An event of the trace that ONNX Runtime's profiler writes (Chrome's trace format; times in microseconds). */
interface TraceEvent {
  cat?: string;
  name: string;
  dur: number;
  args?: { op_name?: string };
}

const KERNEL_SUFFIX = '_kernel_time';
const SLOWEST_NODES = 10;

/**
 * Time by operator type, and the slowest nodes, an inference on average.
 *
 * @param events - the trace of a session: its loading, `warmUp` and then `runs` inferences
 */
export function summariseTrace(
  events: readonly TraceEvent[],
  warmUp: number,
  runs: number,
): Pick<Profile, 'runs' | 'operators' | 'slowest'> {
  const nodes = new Map<string, { type: string; durations: number[] }>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith(KERNEL_SUFFIX)) continue;
    const node = name.slice(0, -KERNEL_SUFFIX.length);
    const entry = nodes.get(node) ?? { type: args?.op_name ?? 'unknown', durations: [] };
    entry.durations.push(dur / 1000);
    nodes.set(node, entry);
  }
  const timed = [...nodes].map(([node, { type, durations }]) => {
    // A node runs once an inference, unless several share its name.
    const perInference = durations.length / (warmUp + runs);
    const counted = durations.slice(Math.round(warmUp * perInference));
    return { node, type, ms: counted.reduce((sum, ms) => sum + ms, 0) / runs };
  });
  const total = timed.reduce((sum, { ms }) => sum + ms, 0);
  const share = (ms: number): number => (total === 0 ? 0 : ms / total);

  const types = new Map<string, { nodes: number; ms: number }>();
  for (const { type, ms } of timed) {
    const entry = types.get(type) ?? { nodes: 0, ms: 0 };
    types.set(type, { nodes: entry.nodes + 1, ms: entry.ms + ms });
  }
  return {
    runs,
    operators: [...types]
      .map(([type, { nodes: count, ms }]) => ({ type, nodes: count, ms, share: share(ms) }))
      .sort(byTime),
    slowest: timed
      .map((node) => ({ ...node, share: share(node.ms) }))
      .sort(byTime)
      .slice(0, SLOWEST_NODES),
  };
}

function byTime(a: { ms: number }, b: { ms: number }): number {
  return b.ms - a.ms;
}
