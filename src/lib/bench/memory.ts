import { readFileSync } from 'node:fs';
import { median, slope } from './statistics.js';

/** The resident memory of a process at one moment of a measurement. */
export interface MemorySample {
  /** Since the measurement began. */
  ms: number;
  bytes: number;
}

export interface MemorySummary {
  /** Largest resident memory that the process ever had, its start and the loading of the model included. */
  peakBytes: number;
  /** Median over the second half of the measurement. */
  steadyBytes: number;
  /** What a line fitted to the second half rises by: what still grows there is more than a warm-up. */
  growthBytes: number;
}

/** Points through which the line is fitted; the fit looks at all pairs of them. */
const FITTED_POINTS = 200;

export function summariseMemory(peakBytes: number, samples: readonly MemorySample[]): MemorySummary {
  const last = samples.at(-1);
  if (!last) return { peakBytes, steadyBytes: peakBytes, growthBytes: 0 };
  const secondHalf = samples.filter(({ ms }) => ms >= last.ms / 2);
  const step = Math.max(1, Math.ceil(secondHalf.length / FITTED_POINTS));
  const points = secondHalf
    .filter((_, index) => index % step === 0)
    .map(({ ms, bytes }) => ({ x: ms, y: bytes }));
  return {
    peakBytes,
    steadyBytes: median(secondHalf.map(({ bytes }) => bytes)),
    growthBytes: slope(points) * (last.ms - secondHalf[0]!.ms),
  };
}

/**
 * The peak resident memory of this process, in bytes. Linux keeps it as VmHWM. The `ru_maxrss` that other systems have to
 * make do with survives `exec` there: a process forked from a large parent would report its parent's memory.
 */
export function peakMemory(status = '/proc/self/status'): number {
  let text: string;
  try {
    text = readFileSync(status, 'utf8');
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1];
  return (kibibytes === undefined ? process.resourceUsage().maxRSS : Number(kibibytes)) * 1024;
}
